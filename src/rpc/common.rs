//! What both listeners serve besides their own services: health and reflection.

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
/// Reflection shows what the listener serves and nothing else.
pub(super) fn with_common(mut builder: RoutesBuilder, names: Vec<&'static str>) -> Served {
    let (health, service) = tonic_health::server::health_reporter();
    builder.add_service(service);
    let mut reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
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
