//! Answers given to enterprises.

use crate::{
    base::{id::AnswerId, money::Money},
    records::{
        fields::AnswerFields,
        types::{Answer, AnswerIdentity, AnswerRecord, FollowUp, Revised, Whole},
    },
    wire::{
        generated::hub as pb,
        hub::{Change, enterprise, request},
        parse::{self, Invalid},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "answers";

/// The resource name of `id`.
pub fn name(id: AnswerId) -> String {
    format!("{COLLECTION}/{id}")
}

/// As sent.
pub fn to_wire(revised: Revised<AnswerRecord>) -> pb::Answer {
    let Revised { revision, record: Whole { coded, identity } } = revised;
    let Answer {
        id,
        request,
        enterprise,
        answered_on,
        kind,
        remote_expertise,
        satisfaction,
        follow_up,
        entered_on: _,
        score_entered_on: _,
        follow_up_entered_on: _,
    } = coded;
    let AnswerIdentity { text } = identity;
    pb::Answer {
        name: name(id),
        etag: revision.to_string(),
        request: request::name(request),
        enterprise: enterprise::name(enterprise),
        answered_on: answered_on.to_string(),
        kind,
        remote_expertise: remote_expertise.unwrap_or_default(),
        satisfaction: satisfaction.map(u32::from),
        follow_up: follow_up.map(follow_up_to_wire),
        identity: Some(pb::AnswerIdentity { text }),
    }
}

/// A new answer as stated. Scores and follow-ups come later, by their own steps.
pub fn from_wire(answer: Option<pb::Answer>) -> Result<(AnswerFields, AnswerIdentity), Invalid> {
    let pb::Answer {
        name,
        etag,
        request,
        enterprise,
        answered_on,
        kind,
        remote_expertise,
        satisfaction,
        follow_up,
        identity,
    } = answer.ok_or_else(|| Invalid::missing("answer"))?;
    let unset = [
        ("answer.name", &name),
        ("answer.etag", &etag),
        ("answer.request", &request),
        ("answer.enterprise", &enterprise),
    ];
    unset.into_iter().try_for_each(|(field, text)| parse::unset(field, text))?;
    if satisfaction.is_some() || follow_up.is_some() {
        let problem = "scores and follow-ups have their own methods; leave them empty";
        return Err(Invalid::new("answer", problem));
    }
    let fields = AnswerFields {
        answered_on: parse::day("answer.answered_on", &answered_on)?,
        kind,
        remote_expertise: expertise_from_wire(remote_expertise),
        satisfaction: None,
        follow_up: None,
    };
    Ok((fields, identity_from_wire(identity)))
}

/// The changes that a mask asks for.
pub fn changes(
    new: pb::Answer,
    paths: &[String],
) -> Result<Vec<Change<AnswerFields, AnswerIdentity>>, Invalid> {
    paths.iter().map(|path| change(new.clone(), path)).collect()
}

fn change(new: pb::Answer, path: &str) -> Result<Change<AnswerFields, AnswerIdentity>, Invalid> {
    Ok(match path {
        "answered_on" => {
            let day = parse::day("answer.answered_on", &new.answered_on)?;
            Box::new(move |fields, _| fields.answered_on = day)
        }
        "kind" => Box::new(move |fields, _| fields.kind = new.kind),
        "remote_expertise" => {
            let expertise = expertise_from_wire(new.remote_expertise);
            Box::new(move |fields, _| fields.remote_expertise = expertise)
        }
        "identity" | "identity.text" => {
            let identity = identity_from_wire(new.identity);
            Box::new(move |_, old| *old = identity)
        }
        "satisfaction" | "follow_up" => {
            let problem = "scores and follow-ups have their own methods; leave them out";
            return Err(Invalid::new("update_mask", problem));
        }
        _ => return Err(parse::not_changeable(path)),
    })
}

fn expertise_from_wire(expertise: String) -> Option<String> {
    (!expertise.is_empty()).then_some(expertise)
}

fn identity_from_wire(identity: Option<pb::AnswerIdentity>) -> AnswerIdentity {
    let pb::AnswerIdentity { text } = identity.unwrap_or_default();
    AnswerIdentity { text }
}

/// A score as given.
pub fn satisfaction_from_wire(score: u32) -> Result<u8, Invalid> {
    let problem = || Invalid::new("satisfaction", "must be a score from 1 to 5");
    u8::try_from(score).ok().filter(|score| (1..=5).contains(score)).ok_or_else(problem)
}

/// A follow-up as stated.
pub fn follow_up_from_wire(follow_up: Option<pb::FollowUp>) -> Result<FollowUp, Invalid> {
    let pb::FollowUp { followed_up_on, adopted, funding_minor } =
        follow_up.ok_or_else(|| Invalid::missing("follow_up"))?;
    let followed_up_on = parse::day("follow_up.followed_up_on", &followed_up_on)?;
    Ok(FollowUp { followed_up_on, adopted, funding: funding_minor.map(Money) })
}

fn follow_up_to_wire(follow_up: FollowUp) -> pb::FollowUp {
    let FollowUp { followed_up_on, adopted, funding } = follow_up;
    pb::FollowUp {
        followed_up_on: followed_up_on.to_string(),
        adopted,
        funding_minor: funding.map(|Money(amount)| amount),
    }
}
