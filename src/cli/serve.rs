//! `rookery serve`: the database, the migrations, the server, and an orderly end.

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
};

use clap::Args;
use tokio::net::TcpListener;

use super::{Outcome, database::Database, failure::Failure, output, seed, stop::Stop};
use crate::{
    app::App,
    causes::causes,
    config::Config,
    db::{capacity, housekeeping, migrations},
    graphql::documents::Documents,
    http, logging,
};

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Fill the database with a small demo world, if it is empty
    #[arg(long)]
    demo: bool,
}

pub(super) async fn run(arguments: Arguments, config: Config) -> Outcome {
    let logging =
        logging::start(&config).map_err(|error| Failure::io("start the log's thread", error))?;
    let people = logging.is_for_people();
    let served = open_and_serve(config, &arguments, people).await;
    match served {
        _ if people => served,
        Ok(()) => {
            tracing::info!("stopped");
            Ok(())
        }
        // In the log, where whoever collects it looks for the reason, and not beside it.
        Err(failure) => {
            tracing::error!(error = %failure, "stopped by a failure");
            Err(Failure::Told)
        }
    }
}

async fn open_and_serve(config: Config, arguments: &Arguments, people: bool) -> Outcome {
    // Before anything is started: trusted documents may not fit.
    Documents::new(&config)?;
    // The server itself logs that it stops.
    let stop = if people { Stop::listen_to_person() } else { Stop::listen(|| {}) }?;
    // First, since a taken port is the likeliest thing to be wrong and the quickest to find out.
    let listener = bind(&config).await?;
    let opening = stop.unless_asked(Database::open(&config));
    let opened = http::while_starting(&listener, &config, opening).await;
    let Some(database) = opened.transpose()? else { return Ok(()) };
    let served = serve(listener, &database, config, stop, arguments, people).await;
    database.close().await?;
    served
}

async fn serve(
    listener: TcpListener,
    database: &Database,
    config: Config,
    stop: Stop,
    arguments: &Arguments,
    people: bool,
) -> Outcome {
    let filling = stop.unless_asked(fill(&config, database, arguments.demo, people));
    if http::while_starting(&listener, &config, filling).await.transpose()?.is_none() {
        return Ok(());
    }
    let address =
        listener.local_addr().map_err(|error| Failure::io("read the server's address", error))?;
    let (url, playground) = (url(address), config.playground());
    let app = App::new(config, &database.options)?;
    warn_of_shortage(&app, database).await?;
    try_places_of_pictures(&app).await?;
    if people {
        output::note(&banner(&url, playground, database));
    } else {
        let (data, stop) = (database.place(), "SIGINT or SIGTERM");
        let look_inside = database.shell();
        tracing::info!(%url, playground, data, look_inside, stop, "Rookery is ready");
    }
    let keeping = tokio::spawn(housekeeping::run(app.db.clone()));
    let cleaning = tokio::spawn(app.media.clone().clean_up());
    let served = http::serve(listener, app, stop.asked()).await;
    keeping.abort();
    cleaning.abort();
    served.map_err(|error| Failure::io("serve", error))
}

/// Brings the database to this version, with a demo world in it where that is wanted.
async fn fill(config: &Config, database: &Database, demo: bool, people: bool) -> Outcome {
    for name in migrations::up(&database.options.endpoint).await? {
        if people {
            output::note(&format!("Applied the migration {name}"));
        } else {
            tracing::info!(%name, "applied a migration");
        }
    }
    if demo { seed::demo(config, database).await } else { Ok(()) }
}

async fn warn_of_shortage(app: &App, database: &Database) -> Outcome {
    if let Some((wanted, allowed)) = capacity::shortage(&app.db, &database.options).await? {
        tracing::warn!(
            wanted,
            allowed,
            "PostgreSQL allows fewer connections than this server may open; it makes do with those \
             there are, or takes fewer with DATABASE_POOL_SIZE and DATABASE_WIDE_READS"
        );
    }
    Ok(())
}

/// Pictures that cannot be kept are no surprise for the first who sends one.
async fn try_places_of_pictures(app: &App) -> Outcome {
    if let Err(error) = tempfile::tempfile() {
        let folder = std::env::temp_dir();
        let doing = format!("keep files in {} while they arrive, see TMPDIR", folder.display());
        return Err(Failure::io(doing, error));
    }
    let store = app.media.store().clone();
    let place = store.place()?;
    if store.is_folder() {
        return store.try_out().await.map_err(|error| {
            let cause = causes(&error);
            Failure::Refused(format!("{place} cannot be used for pictures: {cause}"))
        });
    }
    // Everything else works without a bucket, which may take long to answer and may come back.
    tokio::spawn(async move {
        if let Err(error) = store.try_out().await {
            let error = causes(&error);
            tracing::warn!(place, error, "the bucket for pictures cannot be used");
        }
    });
    Ok(())
}

fn url(address: SocketAddr) -> String {
    // What listens everywhere is reached by this name, too.
    let host = match address.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    format!("http://{host}:{}/graphql", address.port())
}

fn banner(url: &str, playground: bool, database: &Database) -> String {
    let api = if playground { "Playground" } else { "API" };
    let mut lines = vec![(api, url.to_owned()), ("Data", database.place())];
    lines.extend(database.shell().map(|command| ("Look inside", command)));
    lines.push(("Stop", "Ctrl-C".to_owned()));
    let lines: String =
        lines.iter().map(|(name, value)| format!("  {name:<13}{value}\n")).collect();
    format!("\nRookery is ready.\n\n{lines}")
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
