//! Opens connections to an [`Endpoint`], and stops what runs on one.

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Notification, error::SqlState};

use super::{
    drive::{Alive, drive},
    endpoint::Endpoint,
    language::choose_english,
    statistics::Recorder,
};
use crate::causes::causes;

impl Endpoint {
    /// Opens a connection that counts its statements and tells when it broke.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn connect(&self) -> ConnectionResult<(AsyncPgConnection, Alive)> {
        let (client, alive) = self.open().await?;
        choose_english(&client).await;
        let mut connection = AsyncPgConnection::try_from(client).await?;
        connection.set_instrumentation(Recorder::telling(&alive));
        Ok((connection, alive))
    }

    /// Stops a statement.
    pub(super) async fn cancel(
        &self,
        statement: tokio_postgres::CancelToken,
    ) -> Result<(), tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => statement.cancel_query(tls.clone()).await,
            None => statement.cancel_query(tokio_postgres::NoTls).await,
        }
    }

    /// Opens a connection as the driver knows it.
    pub(super) async fn open(&self) -> ConnectionResult<(tokio_postgres::Client, Alive)> {
        let alive = Alive::default();
        let client = self.open_with(&alive, |_unasked| {}).await?;
        Ok((client, alive))
    }

    /// Opens a connection that hands on what is notified on it. The receiver ends when it breaks.
    pub(super) async fn open_for_notices(
        &self,
    ) -> ConnectionResult<(tokio_postgres::Client, mpsc::UnboundedReceiver<Notification>)> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let hand_on = move |message| {
            if let AsyncMessage::Notification(notification) = message {
                let _nobody_listens_any_more = sender.send(notification);
            }
        };
        let mut endpoint = self.clone();
        let name = self.config.get_application_name().unwrap_or_default();
        endpoint.config.application_name(format!("{name} listener"));
        Ok((endpoint.open_with(&Alive::default(), hand_on).await?, receiver))
    }

    async fn open_with(
        &self,
        alive: &Alive,
        unasked: impl FnMut(AsyncMessage) + Send + 'static,
    ) -> ConnectionResult<tokio_postgres::Client> {
        Ok(match &self.tls {
            Some(tls) => {
                let (client, connection) = self.in_time(self.config.connect(tls.clone())).await?;
                drive(connection, alive, unasked);
                client
            }
            None => {
                let connecting = self.config.connect(tokio_postgres::NoTls);
                let (client, connection) = self.in_time(connecting).await?;
                drive(connection, alive, unasked);
                client
            }
        })
    }

    /// The driver bounds how long each host may take to be reached, and not how long one that was
    /// reached may say nothing, as a balancer does that has nobody behind it.
    async fn in_time<T>(
        &self,
        connecting: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> ConnectionResult<T> {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX).max(1);
        let a_host = self.config.get_connect_timeout().copied().unwrap_or_default();
        let patience = a_host.saturating_mul(HANDSHAKE).saturating_mul(hosts);
        let connected = tokio::time::timeout(patience, connecting).await;
        let connected = connected.map_err(|_elapsed| {
            let seconds = patience.as_secs();
            ConnectionError::BadConnection(format!("the server did not answer within {seconds} s"))
        })?;
        connected.map_err(bad_connection)
    }
}

/// How much longer than to be reached a server may take until it has let a connection in.
const HANDSHAKE: u32 = 5;

/// How the message begins when the server, or the role, has as many connections as it may.
pub(super) const FULL: &str = "PostgreSQL has no connection left";

fn bad_connection(error: tokio_postgres::Error) -> ConnectionError {
    let said = causes(&error);
    ConnectionError::BadConnection(match error.code() {
        Some(&SqlState::TOO_MANY_CONNECTIONS) => format!("{FULL}: {said}"),
        _ => said,
    })
}
