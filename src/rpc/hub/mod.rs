//! The hub listener: records, imports and releases for the hub's own staff.

pub mod consent;
pub mod enterprise;
pub mod import;
pub mod journal;
pub mod node;
pub mod release;
pub mod request;
pub mod visit;

use std::sync::Arc;

use tonic::{Request, Status, server::NamedService, service::RoutesBuilder};

use crate::{
    base::limits::MESSAGE_BYTES_MAX,
    codes::embedded::Codes,
    records::repository::{Page, Repository, WriteContext},
    rpc::{
        call::{blocking, caller},
        common::{Served, with_common},
        exchange::Readers,
        hub::{
            import::ImportServer,
            node::{HubNode, Insight},
            release::{ReleaseParts, Releases},
        },
        node::NodeParts,
    },
    store::SharedStore,
    wire::{
        generated::hub::{
            consent_service_server::ConsentServiceServer,
            enterprise_service_server::EnterpriseServiceServer,
            import_service_server::ImportServiceServer,
            journal_service_server::JournalServiceServer, node_service_server::NodeServiceServer,
            release_service_server::ReleaseServiceServer,
            support_request_service_server::SupportRequestServiceServer,
            visit_service_server::VisitServiceServer,
        },
        parse,
    },
};

/// What the hub listener serves.
pub struct HubParts {
    /// The node itself.
    pub node: NodeParts,
    /// What the staff is told of it.
    pub insight: Insight,
    /// What is published by all members.
    pub readers: Readers,
    /// The records; none on the nodes of coordinators and research centres.
    pub records: Option<RecordsParts>,
    /// The releases; national nodes only.
    pub releases: Option<ReleaseParts>,
}

/// The hub's records.
#[derive(Clone)]
pub struct RecordsParts {
    /// The repository.
    pub repository: Arc<Repository>,
    /// The store under it.
    pub store: SharedStore,
    /// Code lists.
    pub codes: Arc<Codes>,
    /// Largest file of one import, in bytes.
    pub file_bytes_max: u64,
}

/// The services over records.
#[derive(Clone)]
pub struct Records(pub Arc<Repository>);

/// All services of the hub listener.
pub fn serve(parts: HubParts) -> Served {
    let HubParts { node, insight, readers, records, releases } = parts;
    let mut builder = RoutesBuilder::default();
    let mut names = readers.add_to(&mut builder).to_vec();
    let member = node.member;
    let node = NodeServiceServer::new(HubNode { node, insight });
    add(&mut builder, &mut names, node);
    if let Some(parts) = records {
        let records = Records(Arc::clone(&parts.repository));
        let enterprises = EnterpriseServiceServer::new(records.clone());
        let enterprises = enterprises.max_decoding_message_size(MESSAGE_BYTES_MAX);
        add(&mut builder, &mut names, enterprises);
        add(&mut builder, &mut names, VisitServiceServer::new(records.clone()));
        add(&mut builder, &mut names, SupportRequestServiceServer::new(records.clone()));
        add(&mut builder, &mut names, ConsentServiceServer::new(records.clone()));
        add(&mut builder, &mut names, JournalServiceServer::new(records));
        let imports = ImportServiceServer::new(ImportServer::new(parts, member));
        add(&mut builder, &mut names, imports.max_decoding_message_size(MESSAGE_BYTES_MAX));
    }
    if let Some(parts) = releases {
        add(&mut builder, &mut names, ReleaseServiceServer::new(Releases::new(parts)));
    }
    with_common(builder, names)
}

fn add<S>(builder: &mut RoutesBuilder, names: &mut Vec<&'static str>, service: S)
where
    S: tower::Service<http::Request<tonic::body::Body>, Error = std::convert::Infallible>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Response: axum::response::IntoResponse,
    S::Future: Send + 'static,
{
    names.push(S::NAME);
    builder.add_service(service);
}

impl Records {
    /// Reads or writes off the async threads.
    async fn run<T: Send + 'static, E: Into<Status> + Send + 'static>(
        &self,
        work: impl FnOnce(&Repository) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Status> {
        let repository = Arc::clone(&self.0);
        blocking(move || work(&repository)).await
    }
}

/// Who writes, and the number of the write.
fn context<T>(request: &Request<T>, request_id: &str) -> Result<WriteContext, Status> {
    let idempotency_key = parse::request_id(request_id)?;
    Ok(WriteContext { actor: caller(request)?.to_string(), idempotency_key })
}

/// The page asked for.
fn page<I: std::str::FromStr>(size: i32, token: &str) -> Result<Page<I>, Status> {
    Ok(Page { size: parse::page_size(size)?, after: parse::page_token(token)? })
}
