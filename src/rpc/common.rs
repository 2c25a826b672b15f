//! What both listeners serve besides their own services: health and reflection.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tonic::service::{Routes, RoutesBuilder};
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::wire::generated::DESCRIPTORS;

/// The services of a listener, and the switch of their health.
pub struct Served {
    /// All services.
    pub routes: Routes,
    /// Says of each service whether it serves.
    pub health: HealthReporter,
    /// The services by name.
    pub names: Vec<&'static str>,
}

impl Served {
    /// Says that all services serve, or that none does.
    pub async fn set_serving(&self, serving: bool) {
        let status = match serving {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        for name in self.names.iter().chain(&[""]) {
            self.health.set_service_status(*name, status).await;
        }
    }
}

/// Adds health and reflection to `builder`. `names` are the services it has.
///
/// Reflection shows what the listener serves and nothing else: neither other services nor their
/// messages.
pub(super) fn with_common(mut builder: RoutesBuilder, names: Vec<&'static str>) -> Served {
    let (health, service) = tonic_health::server::health_reporter();
    builder.add_service(service);
    let mut reflection = tonic_reflection::server::Builder::configure()
        .register_file_descriptor_set(descriptors_of(&names))
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    for name in &names {
        reflection = reflection.with_service_name(*name);
    }
    match reflection.build_v1() {
        Ok(service) => drop(builder.add_service(service)),
        // The descriptors are embedded; a test builds them.
        Err(error) => tracing::error!(%error, "no reflection"),
    }
    Served { routes: builder.routes(), health, names }
}

/// The files that define the services `names`, and those they import.
fn descriptors_of(names: &[&str]) -> FileDescriptorSet {
    // The descriptors are embedded; a test reads them.
    let all = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default().file;
    let defines = |file: &FileDescriptorProto| {
        let full = |service: &str| format!("{}.{service}", file.package());
        file.service.iter().any(|service| names.contains(&full(service.name()).as_str()))
    };
    let mut wanted: BTreeSet<&str> =
        all.iter().filter(|file| defines(file)).map(FileDescriptorProto::name).collect();
    loop {
        let imported = all.iter().filter(|file| wanted.contains(file.name()));
        let imported: Vec<&str> =
            imported.flat_map(|file| &file.dependency).map(String::as_str).collect();
        let before = wanted.len();
        wanted.extend(imported);
        if wanted.len() == before {
            break;
        }
    }
    let file = all.iter().filter(|file| wanted.contains(file.name())).cloned().collect();
    FileDescriptorSet { file }
}
