//! Enterprises.

use crate::{
    base::{id::EnterpriseId, money::Money},
    records::{
        fields::EnterpriseFields,
        types::{Enterprise, EnterpriseIdentity, EnterpriseRecord, Revised, SizeRule, Whole},
    },
    wire::{
        generated::hub as pb,
        hub::Change,
        parse::{self, Invalid},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "enterprises";

/// The resource name of `id`.
pub fn name(id: EnterpriseId) -> String {
    format!("{COLLECTION}/{id}")
}

/// As sent.
pub fn to_wire(revised: Revised<EnterpriseRecord>) -> pb::Enterprise {
    let Revised { revision, record: Whole { coded, identity } } = revised;
    let Enterprise {
        id,
        region,
        filiere,
        citi_group,
        size,
        size_rule,
        headcount,
        turnover,
        sex,
        status,
        registered_on,
        entered_on: _,
        holding,
    } = coded;
    pb::Enterprise {
        name: name(id),
        etag: revision.to_string(),
        region,
        filiere,
        citi_group,
        size,
        size_rule: rule_to_wire(size_rule).into(),
        headcount,
        turnover_minor: turnover.map(|Money(amount)| amount),
        sex,
        status,
        registered_on: registered_on.to_string(),
        identity: Some(identity_to_wire(identity)),
        holding: holding.unwrap_or_default(),
    }
}

/// A new enterprise as stated.
pub fn from_wire(
    enterprise: Option<pb::Enterprise>,
) -> Result<(EnterpriseFields, EnterpriseIdentity), Invalid> {
    let pb::Enterprise {
        name,
        etag,
        region,
        filiere,
        citi_group,
        size,
        size_rule,
        headcount,
        turnover_minor,
        sex,
        status,
        registered_on,
        identity,
        holding,
    } = enterprise.ok_or_else(|| Invalid::missing("enterprise"))?;
    parse::unset("enterprise.name", &name)?;
    parse::unset("enterprise.etag", &etag)?;
    let fields = EnterpriseFields {
        region,
        filiere,
        citi_group,
        size,
        size_rule: rule_from_wire(size_rule)?,
        headcount,
        turnover: turnover_minor.map(Money),
        sex,
        status,
        registered_on: parse::day("enterprise.registered_on", &registered_on)?,
        holding: holding_from_wire(holding),
    };
    Ok((fields, identity_from_wire(identity.unwrap_or_default())))
}

/// The changes that a mask asks for.
pub fn changes(
    new: pb::Enterprise,
    paths: &[String],
) -> Result<Vec<Change<EnterpriseFields, EnterpriseIdentity>>, Invalid> {
    sized_whole(paths)?;
    paths.iter().map(|path| change(&new, path)).collect()
}

/// A size class and the rule that gave it say something only of each other: changed apart, the
/// record would name a rule that never gave its class.
fn sized_whole(paths: &[String]) -> Result<(), Invalid> {
    let named = |path: &str| paths.iter().any(|named| named == path);
    let (there, missing) = match (named("size"), named("size_rule")) {
        (true, false) => ("size", "size_rule"),
        (false, true) => ("size_rule", "size"),
        (true, true) | (false, false) => return Ok(()),
    };
    let problem = format!("names {there}, which changes only with {missing}: name {missing}, too");
    Err(Invalid::new("update_mask", problem))
}

fn change(
    new: &pb::Enterprise,
    path: &str,
) -> Result<Change<EnterpriseFields, EnterpriseIdentity>, Invalid> {
    let new = new.clone();
    if let Some(field) = path.strip_prefix("identity.") {
        return identity_change(identity_from_wire(new.identity.unwrap_or_default()), field);
    }
    Ok(match path {
        "region" => Box::new(move |fields, _| fields.region = new.region),
        "filiere" => Box::new(move |fields, _| fields.filiere = new.filiere),
        "citi_group" => Box::new(move |fields, _| fields.citi_group = new.citi_group),
        "size" => Box::new(move |fields, _| fields.size = new.size),
        "size_rule" => {
            let rule = rule_from_wire(new.size_rule)?;
            Box::new(move |fields, _| fields.size_rule = rule)
        }
        "headcount" => Box::new(move |fields, _| fields.headcount = new.headcount),
        "turnover_minor" => {
            Box::new(move |fields, _| fields.turnover = new.turnover_minor.map(Money))
        }
        "sex" => Box::new(move |fields, _| fields.sex = new.sex),
        "status" => Box::new(move |fields, _| fields.status = new.status),
        "registered_on" => {
            let day = parse::day("enterprise.registered_on", &new.registered_on)?;
            Box::new(move |fields, _| fields.registered_on = day)
        }
        "holding" => {
            let holding = holding_from_wire(new.holding);
            Box::new(move |fields, _| fields.holding = holding)
        }
        "identity" => {
            let identity = identity_from_wire(new.identity.unwrap_or_default());
            Box::new(move |_, old| *old = identity)
        }
        _ => return Err(parse::not_changeable(path)),
    })
}

fn identity_change(
    new: EnterpriseIdentity,
    field: &str,
) -> Result<Change<EnterpriseFields, EnterpriseIdentity>, Invalid> {
    Ok(match field {
        "name" => Box::new(move |_, old| old.name = new.name),
        "head_name" => Box::new(move |_, old| old.head_name = new.head_name),
        "telephones" => Box::new(move |_, old| old.telephones = new.telephones),
        "email" => Box::new(move |_, old| old.email = new.email),
        "locality" => Box::new(move |_, old| old.locality = new.locality),
        "latitude_microdegrees" => {
            Box::new(move |_, old| old.latitude_microdegrees = new.latitude_microdegrees)
        }
        "longitude_microdegrees" => {
            Box::new(move |_, old| old.longitude_microdegrees = new.longitude_microdegrees)
        }
        "registration_number" => {
            Box::new(move |_, old| old.registration_number = new.registration_number)
        }
        "remarks" => Box::new(move |_, old| old.remarks = new.remarks),
        _ => return Err(parse::not_changeable(&format!("identity.{field}"))),
    })
}

fn identity_to_wire(identity: EnterpriseIdentity) -> pb::EnterpriseIdentity {
    let EnterpriseIdentity {
        name,
        head_name,
        telephones,
        email,
        locality,
        latitude_microdegrees,
        longitude_microdegrees,
        registration_number,
        remarks,
    } = identity;
    pb::EnterpriseIdentity {
        name,
        head_name,
        telephones,
        email,
        locality,
        latitude_microdegrees,
        longitude_microdegrees,
        registration_number,
        remarks,
    }
}

fn identity_from_wire(identity: pb::EnterpriseIdentity) -> EnterpriseIdentity {
    let pb::EnterpriseIdentity {
        name,
        head_name,
        telephones,
        email,
        locality,
        latitude_microdegrees,
        longitude_microdegrees,
        registration_number,
        remarks,
    } = identity;
    EnterpriseIdentity {
        name,
        head_name,
        telephones,
        email,
        locality,
        latitude_microdegrees,
        longitude_microdegrees,
        registration_number,
        remarks,
    }
}

fn holding_from_wire(code: String) -> Option<String> {
    Some(code).filter(|code| !code.is_empty())
}

/// The rule that gave a size class, as sent.
pub fn rule_to_wire(rule: SizeRule) -> pb::SizeRule {
    match rule {
        SizeRule::None => pb::SizeRule::None,
        SizeRule::Declared => pb::SizeRule::Declared,
        SizeRule::Headcount => pb::SizeRule::Headcount,
        SizeRule::Turnover => pb::SizeRule::Turnover,
    }
}

fn rule_from_wire(rule: i32) -> Result<SizeRule, Invalid> {
    match pb::SizeRule::try_from(rule) {
        Ok(pb::SizeRule::Unspecified | pb::SizeRule::None) => Ok(SizeRule::None),
        Ok(pb::SizeRule::Declared) => Ok(SizeRule::Declared),
        Ok(pb::SizeRule::Headcount) => Ok(SizeRule::Headcount),
        Ok(pb::SizeRule::Turnover) => Ok(SizeRule::Turnover),
        Err(_) => Err(Invalid::new("enterprise.size_rule", "is no rule this program knows")),
    }
}
