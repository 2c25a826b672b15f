//! `essaim health`: whether the node of a configuration is up. It asks the node's own web listener
//! and needs neither a certificate nor another program, so that a container can ask its node.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    cli::{Done, args::local::HealthArgs, call, output},
    config::Config,
};

/// Longest wait for the answer; a node that is up gives it at once.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// The whole request.
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// How the answer of a node that serves begins.
const SERVING: &str = "HTTP/1.1 200";
/// What a node says that has nothing to add.
const WELL: &str = "ok";
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 4096;

/// Asks. The answer is no when the node does not serve, or nobody answers. What the node adds,
/// though it serves, is told.
pub(super) fn run(args: &HealthArgs) -> anyhow::Result<Done> {
    let config = Config::load(&args.config)?;
    let address =
        config.listeners.web.filter(|address| address.port() != 0).with_context(|| {
            format!(
                "{}: `listeners.web` must state where to ask, with a port",
                args.config.display()
            )
        })?;
    let asked = call::block_on(async {
        Ok(timeout(ANSWER_WAIT_MAX, serving(on_this_machine(address))).await)
    })?;
    match asked {
        Ok(Ok(Some(said))) => {
            output::line("The node is serving")?;
            if said != WELL {
                eprintln!("It says: {said}");
            }
            return Ok(Done::Yes);
        }
        Ok(Ok(None)) => eprintln!("The node at {address} is not serving (yet, or any more)"),
        Ok(Err(error)) => eprintln!("No node answers at {address}: {error}"),
        Err(_) => {
            let seconds = ANSWER_WAIT_MAX.as_secs();
            eprintln!("The node at {address} gave no answer within {seconds} s");
        }
    }
    Ok(Done::No)
}

/// What a node says that serves; `None` if it does not serve.
async fn serving(address: SocketAddr) -> io::Result<Option<String>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let Some((head, said)) = answer.split_once("\r\n\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    // On one line, and nothing that moves the cursor.
    let said = said.trim().replace(char::is_control, " ");
    Ok(head.starts_with(SERVING).then_some(said))
}

/// A listener on every address of the machine is reached over loopback.
fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::on_this_machine;

    #[test]
    fn a_listener_on_every_address_is_asked_over_loopback() {
        for (listener, asked) in [
            ("0.0.0.0:7302", "127.0.0.1:7302"),
            ("[::]:7302", "[::1]:7302"),
            ("192.0.2.7:7302", "192.0.2.7:7302"),
        ] {
            let reached = on_this_machine(listener.parse().unwrap());
            assert_eq!(reached, asked.parse().unwrap(), "{listener}");
        }
    }
}
