//! Consents of enterprises.

use crate::{
    base::id::{ConsentId, EnterpriseId},
    records::{
        fields::ConsentFields,
        types::{Consent, ConsentPurpose, Revised},
    },
    wire::{
        generated::hub as pb,
        hub::{Change, enterprise},
        parse::{self, Invalid, from_day},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "consents";

/// The resource name of `id`.
pub fn name(id: ConsentId) -> String {
    format!("{COLLECTION}/{id}")
}

/// As sent.
pub fn to_wire(revised: Revised<Consent>) -> pb::Consent {
    let Revised { revision, record } = revised;
    let Consent {
        id,
        enterprise,
        purpose,
        text_version,
        medium,
        given_on,
        withdrawn_on,
        entered_on: _,
    } = record;
    pb::Consent {
        name: name(id),
        etag: revision.to_string(),
        enterprise: enterprise::name(enterprise),
        purpose: purpose_to_wire(purpose).into(),
        text_version,
        medium,
        given_on: given_on.to_string(),
        withdrawn_on: from_day(withdrawn_on),
    }
}

/// A new consent as stated.
pub fn from_wire(consent: Option<pb::Consent>) -> Result<(EnterpriseId, ConsentFields), Invalid> {
    let pb::Consent {
        name,
        etag,
        enterprise,
        purpose,
        text_version,
        medium,
        given_on,
        withdrawn_on,
    } = consent.ok_or_else(|| Invalid::missing("consent"))?;
    parse::unset("consent.name", &name)?;
    parse::unset("consent.etag", &etag)?;
    parse::unset("consent.withdrawn_on", &withdrawn_on)?;
    let enterprise = parse::name("consent.enterprise", enterprise::COLLECTION, &enterprise)?;
    let fields = ConsentFields {
        purpose: purpose_from_wire(purpose)?,
        text_version,
        medium,
        given_on: parse::day("consent.given_on", &given_on)?,
    };
    Ok((enterprise, fields))
}

/// The changes that a mask asks for. A consent has no identifying part.
pub fn changes(
    new: pb::Consent,
    paths: &[String],
) -> Result<Vec<Change<ConsentFields, ()>>, Invalid> {
    paths.iter().map(|path| change(new.clone(), path)).collect()
}

fn change(new: pb::Consent, path: &str) -> Result<Change<ConsentFields, ()>, Invalid> {
    Ok(match path {
        "text_version" => Box::new(move |fields, ()| fields.text_version = new.text_version),
        "medium" => Box::new(move |fields, ()| fields.medium = new.medium),
        "given_on" => {
            let day = parse::day("consent.given_on", &new.given_on)?;
            Box::new(move |fields, ()| fields.given_on = day)
        }
        _ => return Err(parse::not_changeable(path)),
    })
}

fn purpose_to_wire(purpose: ConsentPurpose) -> pb::ConsentPurpose {
    match purpose {
        ConsentPurpose::FollowUp => pb::ConsentPurpose::FollowUp,
        ConsentPurpose::AnonymizedIndicators => pb::ConsentPurpose::AnonymizedIndicators,
        ConsentPurpose::CasePublication => pb::ConsentPurpose::CasePublication,
    }
}

fn purpose_from_wire(purpose: i32) -> Result<ConsentPurpose, Invalid> {
    match pb::ConsentPurpose::try_from(purpose) {
        Ok(pb::ConsentPurpose::FollowUp) => Ok(ConsentPurpose::FollowUp),
        Ok(pb::ConsentPurpose::AnonymizedIndicators) => Ok(ConsentPurpose::AnonymizedIndicators),
        Ok(pb::ConsentPurpose::CasePublication) => Ok(ConsentPurpose::CasePublication),
        Ok(pb::ConsentPurpose::Unspecified) | Err(_) => {
            Err(Invalid::new("consent.purpose", "must be one of the purposes"))
        }
    }
}
