//! The exchange listener: published statistics, notes and logs, for all members. What it serves is
//! computed from what crosses borders anyway; it cannot name the records.

pub mod library;
pub mod node;
pub mod statistics;

use std::sync::Arc;

use tonic::{server::NamedService, service::RoutesBuilder};

use crate::{
    base::{clock::SharedClock, limits::MESSAGE_BYTES_MAX},
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
    /// Dates notes, and the age of news.
    pub clock: SharedClock,
    /// Replication.
    pub sync: SyncParts,
}

/// All services of the exchange listener.
pub fn serve(parts: ExchangeParts) -> Served {
    let ExchangeParts { node, statistics, library, own_log, clock, sync } = parts;
    let mut builder = RoutesBuilder::default();
    let roster = Arc::clone(&node.roster);
    let statistics = StatisticsServer { statistics, roster, clock: Arc::clone(&clock) };
    builder.add_service(
        StatisticsServiceServer::new(statistics).max_decoding_message_size(MESSAGE_BYTES_MAX),
    );
    let library = LibraryServer::new(library, own_log, clock);
    builder.add_service(
        LibraryServiceServer::new(library).max_decoding_message_size(MESSAGE_BYTES_MAX),
    );
    builder.add_service(NodeServiceServer::new(ExchangeNode(node)));
    builder.add_service(
        SyncServiceServer::new(SyncServer::new(sync)).max_decoding_message_size(MESSAGE_BYTES_MAX),
    );
    let names = vec![
        StatisticsServiceServer::<StatisticsServer>::NAME,
        LibraryServiceServer::<LibraryServer>::NAME,
        NodeServiceServer::<ExchangeNode>::NAME,
        SyncServiceServer::<SyncServer>::NAME,
    ];
    with_common(builder, names)
}
