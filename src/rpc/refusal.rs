//! Refusals in words: who was refused what, whom it is for, and what to do next. Members, roles and
//! methods are named, people are not.

use crate::{
    base::id::MemberCode,
    keys::person::Role,
    rpc::{
        authorization::{Grant, Listener, Rule},
        identity::{Caller, Refusal},
    },
};

/// Where a call was refused, and who made it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused<'a> {
    /// The listener that was called.
    pub listener: Listener,
    /// The node's own member.
    pub own: MemberCode,
    /// The caller, if it is known.
    pub caller: Option<&'a Caller>,
    /// The rule of the method, if there is one.
    pub rule: Option<&'static Rule>,
}

impl Refused<'_> {
    /// The whole message.
    pub fn words(&self, refusal: Refusal) -> String {
        let Some(caller) = self.caller else { return refusal.to_string() };
        let Self { own, .. } = self;
        match (refusal, self.rule) {
            (Refusal::WrongRole, Some(rule)) => format!(
                "{} may not call {}, which is for {}: use the profile of one of these",
                who(caller),
                method(rule),
                granted(rule, *own)
            ),
            (Refusal::ForeignMember, Some(rule)) => format!(
                "{} may call {} on the own member's node only, and this one is of {own}: use a \
                 profile that names the own node",
                who(caller),
                method(rule)
            ),
            (Refusal::WrongListener, Some(rule)) => self.wrong_listener(caller, rule),
            _ => refusal.to_string(),
        }
    }

    fn wrong_listener(&self, caller: &Caller, rule: &Rule) -> String {
        let Self { own, listener, .. } = self;
        if rule.listeners.contains(listener) || *listener == Listener::Hub {
            // The hub listener looks at its callers first.
            let serves = match caller {
                Caller::Person(person) if person.role.is_staff() && person.member == *own => {
                    let other = method(rule);
                    return format!(
                        "{other} is served by the exchange listener only, and this is the hub \
                         listener of {own}: use a profile with the address of the exchange"
                    );
                }
                Caller::Person(person) if person.role.is_staff() => {
                    format!("use a profile with the hub listener of {}", person.member)
                }
                _ => "use a profile with the address of the exchange listener".into(),
            };
            return format!(
                "The hub listener of {own} serves its own {}, {} and {} only, not {}: {serves}",
                Role::Referent,
                Role::Steward,
                Role::Operator,
                lower(&who(caller)),
            );
        }
        format!(
            "{} is served by the hub listener only, to {}, and this is the exchange listener of \
             {own}: use a profile with the address of the hub",
            method(rule),
            granted(rule, *own)
        )
    }
}

fn who(caller: &Caller) -> String {
    match caller {
        Caller::Node(member) => format!("The node of {member}"),
        Caller::Person(person) => format!("The role {} of {}", person.role, person.member),
    }
}

/// As it stands within a sentence.
fn lower(who: &str) -> String {
    who.replacen("The", "the", 1)
}

/// Service and method, without the package.
fn method(rule: &Rule) -> &'static str {
    rule.method.rsplit('.').next().unwrap_or(rule.method)
}

/// Whom a rule allows.
fn granted(rule: &Rule, own: MemberCode) -> String {
    let one = |grant: &Grant| match grant {
        Grant::Own(role) => format!("{role} of {own}"),
        Grant::Any(role) => format!("{role} of any member"),
        Grant::Node => "nodes".into(),
    };
    rule.grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::person::Person, rpc::authorization::check};

    const PUBLISH: &str = "/essaim.hub.v1.ReleaseService/PublishRelease";
    const NOTE: &str = "/essaim.exchange.v1.LibraryService/PublishNote";

    fn person(member: &str, role: Role) -> Caller {
        Caller::Person(Person { member: member.parse().unwrap(), role, name: "secret".into() })
    }

    fn told(listener: Listener, caller: &Caller, method: &str) -> String {
        let own = "ML".parse().unwrap();
        let refusal = check(listener, own, caller, method).unwrap_err();
        let rule = crate::rpc::authorization::rule(method);
        Refused { listener, own, caller: Some(caller), rule }.words(refusal)
    }

    #[test]
    fn a_refusal_names_the_caller_those_it_is_for_and_the_next_step() {
        use Listener::{Exchange, Hub};
        for (listener, caller, method, words) in [
            (
                Hub,
                person("ML", Role::Referent),
                PUBLISH,
                "The role referent of ML may not call ReleaseService/PublishRelease, which is for \
                 steward of ML: use the profile of one of these",
            ),
            (
                Hub,
                person("CIRT", Role::Author),
                PUBLISH,
                "The hub listener of ML serves its own referent, steward and operator only, not \
                 the role author of CIRT: use a profile with the address of the exchange listener",
            ),
            (
                Hub,
                person("SN", Role::Steward),
                PUBLISH,
                "The hub listener of ML serves its own referent, steward and operator only, not \
                 the role steward of SN: use a profile with the hub listener of SN",
            ),
            (
                Hub,
                person("ML", Role::Steward),
                NOTE,
                "LibraryService/PublishNote is served by the exchange listener only, and this is \
                 the hub listener of ML: use a profile with the address of the exchange",
            ),
            (
                Exchange,
                person("ML", Role::Steward),
                PUBLISH,
                "ReleaseService/PublishRelease is served by the hub listener only, to steward of \
                 ML, and this is the exchange listener of ML: use a profile with the address of \
                 the hub",
            ),
            (
                Exchange,
                person("CIRT", Role::Author),
                NOTE,
                "The role author of CIRT may call LibraryService/PublishNote on the own member's \
                 node only, and this one is of ML: use a profile that names the own node",
            ),
            (
                Exchange,
                Caller::Node("SN".parse().unwrap()),
                NOTE,
                "The node of SN may not call LibraryService/PublishNote, which is for author of \
                 ML: use the profile of one of these",
            ),
        ] {
            assert_eq!(told(listener, &caller, method), words);
        }
    }

    #[test]
    fn whoever_is_not_known_is_told_the_reason_alone() {
        let own = "ML".parse().unwrap();
        let refused = Refused { listener: Listener::Hub, own, caller: None, rule: None };
        assert_eq!(refused.words(Refusal::Denied), Refusal::Denied.to_string());
    }
}
