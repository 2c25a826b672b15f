//! The table of who may call what, against the services as they are and the rules as they are
//! meant.

use std::collections::BTreeSet;

use prost::Message;

use super::*;
use crate::{keys::person::Person, wire::generated::DESCRIPTORS};

/// Every method of every service, as its path in HTTP/2.
fn methods() -> BTreeSet<String> {
    let files = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut methods = BTreeSet::new();
    for file in files.file {
        for service in &file.service {
            for method in &service.method {
                let (service, method) = (service.name(), method.name());
                methods.insert(format!("/{}.{service}/{method}", file.package()));
            }
        }
    }
    methods
}

fn person(member: &str, role: Role) -> Caller {
    Caller::Person(Person { member: member.parse().unwrap(), role, name: "desk".into() })
}

#[test]
fn every_method_of_the_services_stands_in_the_table_and_no_other() {
    let listed: BTreeSet<_> = TABLE.iter().map(|rule| rule.method.to_owned()).collect();
    assert_eq!(listed.len(), TABLE.len(), "a method stands twice");
    let ours: BTreeSet<_> =
        listed.iter().filter(|method| method.starts_with("/essaim.")).cloned().collect();
    assert_eq!(ours, methods());
}

#[test]
fn every_method_stands_on_the_listener_of_its_package() {
    for rule in TABLE {
        let expected: &[Listener] = match rule.method.split('.').nth(1) {
            Some("hub") => &[Listener::Hub],
            Some("sync") => &[Listener::Exchange],
            Some("exchange") if rule.grants == READERS => &[Listener::Hub, Listener::Exchange],
            Some("exchange") => &[Listener::Exchange],
            _ => &[Listener::Hub, Listener::Exchange],
        };
        assert_eq!(rule.listeners, expected, "{}", rule.method);
    }
}

#[test]
fn a_method_that_is_not_listed_is_denied_to_everybody() {
    let own = "ML".parse().unwrap();
    for listener in [Listener::Hub, Listener::Exchange] {
        for method in ["", "/", "/essaim.hub.v1.NodeService/GetStatus/", "/x/Y"] {
            let steward = person("ML", Role::Steward);
            assert_eq!(check(listener, own, &steward, method).unwrap_err(), Refusal::UnknownMethod);
        }
    }
}

#[test]
fn the_table_means_what_the_rules_of_the_network_say() {
    let own = "ML".parse().unwrap();
    let may = |listener, caller: &Caller, method: &str| check(listener, own, caller, method);
    // Records: referents and stewards of the own hub, nobody else, nowhere else.
    let list = "/essaim.hub.v1.EnterpriseService/ListEnterprises";
    for role in Role::ALL {
        let expected = matches!(role, Role::Referent | Role::Steward);
        assert_eq!(may(Listener::Hub, &person("ML", role), list).is_ok(), expected, "{role}");
        assert!(may(Listener::Hub, &person("SN", role), list).is_err(), "{role}");
        assert!(may(Listener::Exchange, &person("ML", role), list).is_err(), "{role}");
    }
    // No node ever reads records, not even the own one.
    for rule in TABLE {
        let node = Caller::Node(own);
        assert!(check(Listener::Hub, own, &node, rule.method).is_err(), "{}", rule.method);
        let reached = check(Listener::Exchange, own, &node, rule.method).is_ok();
        let for_nodes = ["Pull", "GetNode", "Check", "Watch", "ServerReflectionInfo"];
        let expected = for_nodes.iter().any(|end| rule.method.ends_with(&format!("/{end}")));
        assert_eq!(reached, expected, "{}", rule.method);
    }
    // Releases and imports: the steward alone.
    for method in [
        "/essaim.hub.v1.ReleaseService/ApproveRelease",
        "/essaim.hub.v1.ReleaseService/PublishRelease",
        "/essaim.hub.v1.ReleaseService/WithholdRelease",
        "/essaim.hub.v1.ImportService/Import",
    ] {
        for role in Role::ALL {
            let allowed = may(Listener::Hub, &person("ML", role), method).is_ok();
            assert_eq!(allowed, role == Role::Steward, "{method} {role}");
        }
    }
    // Statistics: analysts and authors of all members; hub roles on their own node.
    let query = "/essaim.exchange.v1.StatisticsService/Query";
    assert!(may(Listener::Exchange, &person("UEMOA", Role::Analyst), query).is_ok());
    assert!(may(Listener::Exchange, &person("ML", Role::Steward), query).is_ok());
    let foreign = may(Listener::Exchange, &person("SN", Role::Steward), query);
    assert_eq!(foreign.unwrap_err(), Refusal::ForeignMember);
    // Notes: authors of the own member.
    let publish = "/essaim.exchange.v1.LibraryService/PublishNote";
    assert!(may(Listener::Exchange, &person("ML", Role::Author), publish).is_ok());
    let foreign = may(Listener::Exchange, &person("IER", Role::Author), publish);
    assert_eq!(foreign.unwrap_err(), Refusal::ForeignMember);
    let steward = may(Listener::Exchange, &person("ML", Role::Steward), publish);
    assert_eq!(steward.unwrap_err(), Refusal::WrongRole);
}

#[test]
fn every_refusal_has_its_own_reason() {
    let all = [
        Refusal::UnknownCertificate,
        Refusal::RemovedMember,
        Refusal::Denied,
        Refusal::Expired,
        Refusal::NoUriSan,
        Refusal::SeveralUriSans,
        Refusal::ForeignUriSan,
        Refusal::WrongListener,
        Refusal::WrongRole,
        Refusal::ForeignMember,
        Refusal::UnknownMethod,
    ];
    let reasons: BTreeSet<_> = all.iter().map(|refusal| refusal.reason()).collect();
    assert_eq!(reasons.len(), all.len());
    for refusal in all {
        assert_eq!(status::reason(&refused(refusal)).as_deref(), Some(refusal.reason()));
    }
}
