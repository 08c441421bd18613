//! `rookery serve`: the database, the migrations, the server, and an orderly end.

use std::io::ErrorKind;

use clap::Args;
use tokio::net::TcpListener;

use super::{Outcome, database::Database, failure::Failure, output, stop::Stop};
use crate::{app::App, config::Config, db::migrations, http, logging};

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Fill the database with a small demo world, if it is empty
    #[arg(long)]
    demo: bool,
}

pub(super) async fn run(_arguments: Arguments, config: Config) -> Outcome {
    let _logging = logging::start(&config).map_err(|error| Failure::Refused(error.to_string()))?;
    let stop = Stop::listen()?;
    // First, since a taken port is the likeliest thing to be wrong and the quickest to find out.
    let listener = bind(&config).await?;
    let Some(database) = stop.unless_asked(Database::open(&config)).await.transpose()? else {
        return Ok(());
    };
    let served = serve(listener, &database, config, stop).await;
    database.close().await?;
    served
}

async fn serve(listener: TcpListener, database: &Database, config: Config, stop: Stop) -> Outcome {
    for name in migrations::up(&database.options.endpoint).await? {
        output::note(&format!("Applied the migration {name}"));
    }
    let address =
        listener.local_addr().map_err(|error| Failure::io("read the server's address", error))?;
    let app = App::new(config, &database.options)?;
    output::note(&format!(
        "\n  Rookery is ready.\n\n    API         {api}\n    Database    {place}\n    Stop        Ctrl-C\n",
        api = format_args!("http://{address}/graphql"),
        place = database.place(),
    ));
    http::serve(listener, app, stop.asked()).await.map_err(|error| Failure::io("serve", error))
}

async fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let address = (config.host, config.port);
    TcpListener::bind(address).await.map_err(|error| {
        let (host, port) = address;
        match error.kind() {
            ErrorKind::AddrInUse => Failure::Refused(format!(
                "port {port} of {host} is taken by another program, perhaps another rookery; stop \
                 that one, or choose another port with PORT={}",
                port.saturating_add(1)
            )),
            ErrorKind::PermissionDenied => Failure::Refused(format!(
                "this account may not listen on port {port}; choose one above 1023 with PORT"
            )),
            ErrorKind::AddrNotAvailable => Failure::Refused(format!(
                "this machine has no address {host}; HOST must be one of its own, 127.0.0.1 for \
                 this machine only, or 0.0.0.0 for every network"
            )),
            _ => Failure::io(format!("listen on {host}, port {port}"), error),
        }
    })
}
