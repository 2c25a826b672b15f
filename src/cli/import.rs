//! `essaim import`.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::oneshot,
};
use tonic::transport::Channel;

use crate::{
    base::language::Language,
    cli::{
        Done,
        args::{Format, calls::ImportArgs},
        call::{self, CallError},
        output,
        quarantine::row_fields,
    },
    codes::messages,
    wire::generated::hub::{
        ImportHeader, ImportRequest, ImportResponse, import_request::Piece,
        import_service_client::ImportServiceClient,
    },
};

/// Bytes of a file sent in one message; the protocol allows as many.
const PIECE_BYTES: usize = 256 * 1024;

/// Imports a file. The answer is no when rows went to quarantine.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Done> {
    let mut header = ImportHeader {
        mapping: read(&args.mapping)?,
        kind: args.kind.word().into(),
        dry_run: args.dry_run,
        language: args.language.tag().into(),
        file_bytes: 0,
    };
    let report = call::block_on(async {
        let context = || format!("Cannot read {}", args.file.display());
        let file = tokio::fs::File::open(&args.file).await.with_context(context)?;
        let about = file.metadata().await.with_context(context)?;
        ensure!(about.is_file(), "{} is no file: save it to a disk first", args.file.display());
        header.file_bytes = about.len();
        let progress = progress(about.len());
        let channel = call::connect(&args.call.reach, call::LONG).await?;
        let report = send(channel, header, file, progress.clone()).await;
        progress.finish_and_clear();
        report.map_err(|error| broken_off(error, args.language, args.dry_run))
    })?;
    match args.call.format {
        Format::Table => output::line(report.text.trim_end())?,
        Format::Json => output::json(&report_json(&report))?,
    }
    Ok(if report.quarantined == 0 { Done::Yes } else { Done::No })
}

/// The failed import, with what is known of it: of a call that broke off, that is little.
fn broken_off(error: anyhow::Error, language: Language, dry_run: bool) -> anyhow::Error {
    let open = error.downcast_ref::<CallError>().is_some_and(CallError::is_open);
    match open && !dry_run {
        true => error.context(messages::text(language, "intake-call-broke-off", &[])),
        false => error,
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))
}

fn progress(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    // The template is constant, and a test sees the bar drawn.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Streams `source` to a node's import service. If it cannot be read on, the call is broken off;
/// the header's size tells the node that the file is not whole.
pub(super) async fn send(
    channel: Channel,
    header: ImportHeader,
    source: impl AsyncRead + Unpin + Send + 'static,
    progress: ProgressBar,
) -> anyhow::Result<ImportResponse> {
    let first = ImportRequest { piece: Some(Piece::Header(header)) };
    let (failed, failure) = oneshot::channel();
    let start = (Some(first), source, failed);
    let pieces = stream::unfold(start, move |(first, mut source, failed)| {
        let progress = progress.clone();
        async move {
            if let Some(first) = first {
                return Some((first, (None, source, failed)));
            }
            let mut bytes = Vec::with_capacity(PIECE_BYTES);
            let count = match (&mut source).take(PIECE_BYTES as u64).read_to_end(&mut bytes).await {
                Ok(count) => count,
                Err(error) => {
                    // Nobody waits for it once the call has ended.
                    let _ = failed.send(error);
                    // The call is dropped, and this stream with it.
                    return std::future::pending().await;
                }
            };
            progress.inc(count as u64);
            let piece = ImportRequest { piece: Some(Piece::Bytes(bytes)) };
            (count > 0).then_some((piece, (None, source, failed)))
        }
    });
    let mut client = ImportServiceClient::new(channel);
    tokio::select! {
        answered = client.import(pieces) => Ok(call::answer(answered)?),
        Ok(error) = failure => {
            let told = "The file cannot be read on, and its import was broken off: repeat it";
            Err(anyhow::Error::new(error).context(told))
        }
    }
}

fn report_json(report: &ImportResponse) -> Value {
    let rows = report.quarantined_rows.iter().map(|row| output::object(row_fields(row)));
    json!({
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "quarantined_rows": rows.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        pin::Pin,
        task::{Context, Poll},
    };

    use tokio::{io::ReadBuf, net::TcpListener, sync::mpsc};
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::{Request, Response, Status, Streaming, async_trait, transport::Server};

    use super::*;
    use crate::wire::generated::hub::{
        DiscardQuarantinedRequest, DiscardQuarantinedResponse, ListQuarantineRequest,
        ListQuarantineResponse,
        import_service_server::{ImportService, ImportServiceServer},
    };

    /// Reads an import to its end, and tells what it saw.
    struct Node(mpsc::UnboundedSender<(Vec<u8>, bool)>);

    #[async_trait]
    impl ImportService for Node {
        async fn import(
            &self,
            request: Request<Streaming<ImportRequest>>,
        ) -> Result<Response<ImportResponse>, Status> {
            let (mut stream, mut seen) = (request.into_inner(), Vec::new());
            let mut file_bytes = 0;
            let whole = loop {
                match stream.message().await.map(|message| message?.piece) {
                    Ok(Some(Piece::Bytes(bytes))) => seen.extend(bytes),
                    Ok(Some(Piece::Header(header))) => file_bytes = header.file_bytes,
                    Ok(None) => break seen.len() as u64 == file_bytes,
                    Err(_) => break false,
                }
            };
            self.0.send((seen, whole)).unwrap();
            Ok(Response::new(ImportResponse::default()))
        }

        async fn list_quarantine(
            &self,
            _: Request<ListQuarantineRequest>,
        ) -> Result<Response<ListQuarantineResponse>, Status> {
            Err(Status::unimplemented("not asked here"))
        }

        async fn discard_quarantined(
            &self,
            _: Request<DiscardQuarantinedRequest>,
        ) -> Result<Response<DiscardQuarantinedResponse>, Status> {
            Err(Status::unimplemented("not asked here"))
        }
    }

    /// A file on a disk that fails after some bytes, or does not.
    struct Disk {
        bytes: &'static [u8],
        fails: bool,
    }

    impl AsyncRead for Disk {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.bytes.is_empty() && self.fails {
                return Poll::Ready(Err(io::Error::other("the disk is gone")));
            }
            buffer.put_slice(self.bytes);
            self.bytes = &[];
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn of_a_call_that_broke_off_it_says_that_importing_again_is_safe() {
        let told = |status: Status, dry_run| {
            let failed = call::answer::<()>(Err(status)).unwrap_err();
            format!("{:#}", broken_off(failed.into(), Language::En, dry_run))
        };
        let broke = told(Status::unavailable("transport error"), false);
        assert!(broke.contains("Importing it again is safe: transport error"), "{broke}");
        assert_eq!(told(Status::unavailable("transport error"), true), "transport error");
        assert_eq!(told(Status::invalid_argument("no"), false), "no");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_on_is_an_error_here_and_not_whole_there() {
        let (saw, mut seen) = mpsc::unbounded_channel();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        let server = Server::builder().add_service(ImportServiceServer::new(Node(saw)));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(socket)));
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        let send = |fails| {
            let disk = Disk { bytes: b"key;day\n1;05/0", fails };
            let file_bytes = if fails { 40 } else { disk.bytes.len() as u64 };
            let header = ImportHeader { file_bytes, ..ImportHeader::default() };
            send(channel.clone(), header, disk, ProgressBar::hidden())
        };
        send(false).await.unwrap();
        assert_eq!(seen.recv().await.unwrap(), (b"key;day\n1;05/0".to_vec(), true));
        let failed = send(true).await.unwrap_err();
        assert_eq!(failed.root_cause().to_string(), "the disk is gone");
        let (_, whole) = seen.recv().await.unwrap();
        assert!(!whole, "the node took a part for the whole");
    }
}
