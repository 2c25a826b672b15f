//! Visits.

use crate::{
    base::id::{EnterpriseId, VisitId},
    records::{
        fields::VisitFields,
        types::{Revised, Visit, VisitIdentity, VisitRecord, Whole},
    },
    wire::{
        generated::hub as pb,
        hub::{Change, enterprise},
        parse::{self, Invalid},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "visits";

/// The resource name of `id`.
pub fn name(id: VisitId) -> String {
    format!("{COLLECTION}/{id}")
}

/// As sent.
pub fn to_wire(revised: Revised<VisitRecord>) -> pb::Visit {
    let Revised { revision, record: Whole { coded, identity } } = revised;
    let Visit { id, enterprise, visited_on, purpose, entered_on: _ } = coded;
    let VisitIdentity { referent, remarks } = identity;
    pb::Visit {
        name: name(id),
        etag: revision.to_string(),
        enterprise: enterprise::name(enterprise),
        visited_on: visited_on.to_string(),
        purpose,
        identity: Some(pb::VisitIdentity { referent, remarks }),
    }
}

/// A new visit as stated.
pub fn from_wire(
    visit: Option<pb::Visit>,
) -> Result<(EnterpriseId, VisitFields, VisitIdentity), Invalid> {
    let pb::Visit { name, etag, enterprise, visited_on, purpose, identity } =
        visit.ok_or_else(|| Invalid::missing("visit"))?;
    parse::unset("visit.name", &name)?;
    parse::unset("visit.etag", &etag)?;
    let enterprise = parse::name("visit.enterprise", enterprise::COLLECTION, &enterprise)?;
    let visited_on = parse::day("visit.visited_on", &visited_on)?;
    let identity = identity_from_wire(identity.unwrap_or_default());
    Ok((enterprise, VisitFields { visited_on, purpose }, identity))
}

/// The changes that a mask asks for.
pub fn changes(
    new: pb::Visit,
    paths: &[String],
) -> Result<Vec<Change<VisitFields, VisitIdentity>>, Invalid> {
    paths.iter().map(|path| change(new.clone(), path)).collect()
}

fn change(new: pb::Visit, path: &str) -> Result<Change<VisitFields, VisitIdentity>, Invalid> {
    let identity = identity_from_wire(new.identity.unwrap_or_default());
    Ok(match path {
        "visited_on" => {
            let day = parse::day("visit.visited_on", &new.visited_on)?;
            Box::new(move |fields, _| fields.visited_on = day)
        }
        "purpose" => Box::new(move |fields, _| fields.purpose = new.purpose),
        "identity" => Box::new(move |_, old| *old = identity),
        "identity.referent" => Box::new(move |_, old| old.referent = identity.referent),
        "identity.remarks" => Box::new(move |_, old| old.remarks = identity.remarks),
        _ => return Err(parse::not_changeable(path)),
    })
}

fn identity_from_wire(identity: pb::VisitIdentity) -> VisitIdentity {
    let pb::VisitIdentity { referent, remarks } = identity;
    VisitIdentity { referent, remarks }
}
