//! Imports: the file arrives as a stream and is read by a blocking thread as it comes.
//!
//! A stream that breaks off is an error to the reader, never the end of the file: a row cut in two
//! must not be imported. How long the file is, its header says: a call that its caller drops looks
//! like a stream that ended.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Buf, Bytes};
use tokio::sync::{Semaphore, mpsc};
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::{
    base::id::MemberCode,
    intake::{
        import::{Importer, Progress},
        quarantine::{self, DISCARD_ROWS_MAX, QuarantineId},
    },
    rpc::{
        call::{blocking, caller},
        hub::RecordsParts,
    },
    wire::{
        generated::hub::{
            DiscardQuarantinedRequest, DiscardQuarantinedResponse, ImportRequest, ImportResponse,
            ListQuarantineRequest, ListQuarantineResponse, import_request::Piece,
            import_service_server::ImportService,
        },
        hub::{import as wire, status::of_intake},
        page::fit,
        parse::{self, Invalid},
        status,
    },
};

/// Longest wait for the next piece of a file.
const PIECE_TIMEOUT: Duration = Duration::from_secs(120);
/// Pieces that may wait for the reader.
const PIECES_WAITING: usize = 4;
/// Imports at once: the importer is the only heavy writer, and gains nothing from company.
const IMPORTS_MAX: usize = 1;

/// The import service.
pub struct ImportServer {
    parts: RecordsParts,
    /// The node's member: its records lie in its own regions.
    member: MemberCode,
    running: Arc<Semaphore>,
}

impl ImportServer {
    pub(super) fn new(parts: RecordsParts, member: MemberCode) -> Self {
        Self { parts, member, running: Arc::new(Semaphore::new(IMPORTS_MAX)) }
    }
}

#[async_trait]
impl ImportService for ImportServer {
    async fn import(
        &self,
        request: Request<Streaming<ImportRequest>>,
    ) -> Result<Response<ImportResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let permit = Arc::clone(&self.running).try_acquire_owned();
        let permit = permit.map_err(|_| status::busy("imports"))?;
        let mut stream = request.into_inner();
        let Some(Piece::Header(header)) = next_piece(&mut stream).await? else {
            return Err(Invalid::new("header", "must come first").into());
        };
        let header = wire::header_from_wire(header)?;
        own_area(header.mapping.area, self.member)?;
        let (pieces, waiting) = mpsc::channel(PIECES_WAITING);
        let wire::Header { mapping, dry_run, language, file_bytes } = header;
        let RecordsParts { repository, store, codes, file_bytes_max } = self.parts.clone();
        if file_bytes > file_bytes_max {
            let problem = wire::too_large(file_bytes_max, language);
            return Err(Invalid::new("header.file_bytes", problem).into());
        }
        let rows_settled = Arc::new(AtomicU64::new(0));
        let settled = Arc::clone(&rows_settled);
        let import = blocking(move || {
            let _permit = permit;
            let importer = Importer::new(&repository, &store, &codes, &mapping, &actor);
            let mut note = |progress: Progress| {
                if !dry_run {
                    settled.store(progress.rows, Ordering::Relaxed);
                }
            };
            let reader = Reader::new(waiting);
            let report = importer.and_then(|importer| importer.run(reader, dry_run, &mut note));
            let report = report.map_err(|error| of_intake(&error, language))?;
            Ok::<_, Status>(wire::report_to_wire(report, language))
        });
        let (fed, imported) = tokio::join!(feed(stream, pieces, file_bytes), import);
        // What the stream lacked explains the importer's failure better than the failure itself.
        let report = fed.and(imported);
        let rows_settled = rows_settled.load(Ordering::Relaxed);
        report.map(Response::new).map_err(|status| wire::stopped(status, rows_settled, language))
    }

    async fn list_quarantine(
        &self,
        request: Request<ListQuarantineRequest>,
    ) -> Result<Response<ListQuarantineResponse>, Status> {
        let ListQuarantineRequest { page_size, page_token, language } = request.into_inner();
        let size = parse::page_size(page_size)?;
        let after: Option<QuarantineId> = parse::page_token(&page_token)?;
        let language = parse::language(&language)?;
        let store = Arc::clone(&self.parts.store);
        let found = blocking(move || quarantine::list(&*store, size, after.as_ref())).await?;
        let row = |row| wire::quarantined_to_wire(row, language);
        let read = found.len();
        let rows = fit(found.into_iter().map(row));
        let more = rows.len() < read || read == size;
        let last = rows.last().filter(|_| more).map(|row| row.name.clone());
        let next_page_token = last.unwrap_or_default();
        Ok(Response::new(ListQuarantineResponse { rows, next_page_token }))
    }

    async fn discard_quarantined(
        &self,
        request: Request<DiscardQuarantinedRequest>,
    ) -> Result<Response<DiscardQuarantinedResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let DiscardQuarantinedRequest { name, names } = request.into_inner();
        let ids = rows_named(&name, &names)?;
        let store = Arc::clone(&self.parts.store);
        let discarded = blocking(move || quarantine::discard(&*store, &ids)).await?;
        if discarded == 0 && names.is_empty() {
            return Err(status::not_found("row in quarantine", &name));
        }
        // Not which: a row's name is computed from its key.
        tracing::info!(%actor, rows = discarded, "rows were discarded from quarantine");
        let discarded = u32::try_from(discarded).unwrap_or(u32::MAX);
        Ok(Response::new(DiscardQuarantinedResponse { discarded }))
    }
}

/// The rows that a request to discard names: one, or many at once.
fn rows_named(name: &str, names: &[String]) -> Result<BTreeSet<QuarantineId>, Invalid> {
    if !name.is_empty() && !names.is_empty() {
        return Err(Invalid::new("names", "stand beside a name: state either one or many"));
    }
    if names.len() > DISCARD_ROWS_MAX {
        return Err(Invalid::new("names", format!("are more than {DISCARD_ROWS_MAX}")));
    }
    let read = |field: &'static str, name: &str| {
        name.parse::<QuarantineId>().map_err(|error| Invalid::new(field, format!("{error}")))
    };
    match names.is_empty() {
        true => Ok(BTreeSet::from([read("name", name)?])),
        false => names.iter().map(|name| read("names", name)).collect(),
    }
}

/// A mapping for another country would give the file's spellings that country's codes.
fn own_area(area: MemberCode, member: MemberCode) -> Result<(), Invalid> {
    if area == member {
        return Ok(());
    }
    let problem = format!(
        "area: the mapping is for regions of {area}, but this node keeps the records of {member}; \
         take a mapping for {member}, or the node of {area}"
    );
    Err(Invalid::new("header.mapping", problem))
}

async fn next_piece(stream: &mut Streaming<ImportRequest>) -> Result<Option<Piece>, Status> {
    let message = tokio::time::timeout(PIECE_TIMEOUT, stream.message()).await;
    let message = message.map_err(|_| status::timed_out(PIECE_TIMEOUT))??;
    match message {
        None => Ok(None),
        Some(ImportRequest { piece: None }) => Err(Invalid::missing("piece").into()),
        Some(ImportRequest { piece: Some(piece) }) => Ok(Some(piece)),
    }
}

/// Passes the pieces of the file on, and then says that it is whole, if it is.
async fn feed(
    mut stream: Streaming<ImportRequest>,
    pieces: mpsc::Sender<Fed>,
    file_bytes: u64,
) -> Result<(), Status> {
    let mut received_bytes = 0_u64;
    while let Some(piece) = next_piece(&mut stream).await? {
        let Piece::Bytes(bytes) = piece else {
            return Err(Invalid::new("header", "must come once").into());
        };
        received_bytes = received_bytes.saturating_add(bytes.len() as u64);
        if received_bytes > file_bytes {
            let problem = format!("are more than the {file_bytes} that header.file_bytes states");
            return Err(Invalid::new("bytes", problem).into());
        }
        if pieces.send(Fed::Bytes(bytes.into())).await.is_err() {
            // The importer has stopped; its error says why.
            return Ok(());
        }
    }
    if received_bytes == file_bytes {
        let _ = pieces.send(Fed::End).await;
    }
    Ok(())
}

enum Fed {
    Bytes(Bytes),
    /// The file is whole. A channel that closes without it has broken off.
    End,
}

/// The file as the blocking thread reads it.
struct Reader {
    pieces: mpsc::Receiver<Fed>,
    current: Bytes,
    whole: bool,
}

impl Reader {
    fn new(pieces: mpsc::Receiver<Fed>) -> Self {
        Self { pieces, current: Bytes::new(), whole: false }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.whole {
            match self.pieces.blocking_recv() {
                Some(Fed::Bytes(bytes)) => self.current = bytes,
                Some(Fed::End) => self.whole = true,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fed: Vec<Fed>) -> io::Result<String> {
        let (pieces, waiting) = mpsc::channel(fed.len().max(1));
        for piece in fed {
            pieces.try_send(piece).ok().unwrap();
        }
        drop(pieces);
        let mut text = String::new();
        Reader::new(waiting).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn a_file_is_whole_only_when_its_end_was_announced() {
        let piece = |text: &'static str| Fed::Bytes(Bytes::from_static(text.as_bytes()));
        assert_eq!(read(vec![piece("a;"), piece(""), piece("b"), Fed::End]).unwrap(), "a;b");
        assert_eq!(read(vec![Fed::End]).unwrap(), "");
        assert!(read(vec![piece("a;12")]).is_err());
        assert!(read(vec![]).is_err());
    }
}
