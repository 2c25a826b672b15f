//! The exchange listener: published statistics, notes and logs, for all members. What it serves is
//! computed from what crosses borders anyway; it cannot name the records.

pub mod library;
pub mod node;
pub mod statistics;

use std::sync::Arc;

use tonic::{server::NamedService, service::RoutesBuilder};

use crate::{
    base::{clock::SharedClock, limits::MESSAGE_BYTES_MAX},
    codes::embedded::Codes,
    library::notes::Library,
    rpc::{
        common::{Served, with_common},
        exchange::{library::LibraryServer, node::ExchangeNode, statistics::StatisticsServer},
        node::NodeParts,
        own_log::OwnLog,
        sync::{SyncParts, SyncServer},
    },
    statistics::projection::Statistics,
    wire::generated::{
        exchange::{
            library_service_server::LibraryServiceServer, node_service_server::NodeServiceServer,
            statistics_service_server::StatisticsServiceServer,
        },
        sync::sync_service_server::SyncServiceServer,
    },
};

/// What the exchange listener serves.
pub struct ExchangeParts {
    /// The node itself.
    pub node: NodeParts,
    /// Published tables of all members.
    pub statistics: Arc<Statistics>,
    /// Notes of all members.
    pub library: Arc<Library>,
    /// Where notes are published.
    pub own_log: Arc<OwnLog>,
    /// What own notes' filières are checked against.
    pub codes: Arc<Codes>,
    /// Dates notes, and the age of news.
    pub clock: SharedClock,
    /// Replication.
    pub sync: SyncParts,
}

/// The services that read what is published. Each listener has its own, so that other members'
/// queries do not keep the own staff waiting.
pub struct Readers {
    statistics: StatisticsServer,
    library: LibraryServer,
}

impl ExchangeParts {
    /// The services that read, once more.
    pub fn readers(&self) -> Readers {
        let (statistics, roster) = (Arc::clone(&self.statistics), Arc::clone(&self.node.roster));
        Readers {
            statistics: StatisticsServer::new(statistics, roster, Arc::clone(&self.clock)),
            library: LibraryServer::new(
                Arc::clone(&self.library),
                Arc::clone(&self.own_log),
                Arc::clone(&self.clock),
                Arc::clone(&self.codes),
            ),
        }
    }
}

impl Readers {
    /// Adds them to a listener.
    pub(super) fn add_to(self, builder: &mut RoutesBuilder) -> [&'static str; 2] {
        let statistics = StatisticsServiceServer::new(self.statistics);
        builder.add_service(statistics.max_decoding_message_size(MESSAGE_BYTES_MAX));
        let library = LibraryServiceServer::new(self.library);
        builder.add_service(library.max_decoding_message_size(MESSAGE_BYTES_MAX));
        [
            StatisticsServiceServer::<StatisticsServer>::NAME,
            LibraryServiceServer::<LibraryServer>::NAME,
        ]
    }
}

/// All services of the exchange listener.
pub fn serve(parts: ExchangeParts) -> Served {
    let mut builder = RoutesBuilder::default();
    let [statistics, library] = parts.readers().add_to(&mut builder);
    let ExchangeParts { node, sync, .. } = parts;
    builder.add_service(NodeServiceServer::new(ExchangeNode(node)));
    builder.add_service(
        SyncServiceServer::new(SyncServer::new(sync)).max_decoding_message_size(MESSAGE_BYTES_MAX),
    );
    let names = vec![
        statistics,
        library,
        NodeServiceServer::<ExchangeNode>::NAME,
        SyncServiceServer::<SyncServer>::NAME,
    ];
    with_common(builder, names)
}
