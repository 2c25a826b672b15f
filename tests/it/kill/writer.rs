//! Somebody who writes: what to ask is drawn from the dice.

use super::*;

impl Writer {
    pub(super) fn new(number: usize, seed: u64) -> Self {
        let dice = ChaCha8Rng::seed_from_u64(seed ^ (number as u64) << 32);
        let (enterprises, requests) = (Vec::new(), Vec::new());
        Self { name: format!("writer {number}"), dice, count: 0, enterprises, requests }
    }

    pub(super) fn draw(&mut self, below: usize) -> usize {
        (self.dice.next_u64() % below as u64) as usize
    }

    /// The next write; what is known of its own records stands in `expected`.
    pub(super) fn ask(&mut self, expected: &Expected) -> Asked {
        self.count += 1;
        let request_id = IdempotencyKey::random().to_string();
        match self.draw(10) {
            0 | 1 if !self.enterprises.is_empty() => self.update(expected, request_id),
            2 | 3 if !self.enterprises.is_empty() => {
                let enterprise = self.draw(self.enterprises.len());
                let request = SupportRequest {
                    enterprise: self.enterprises[enterprise].clone(),
                    received_on: "2026-03-06".into(),
                    channel: "_U".into(),
                    theme: "_U".into(),
                    identity: Some(RequestIdentity {
                        question: format!("{} asks {}", self.name, self.count),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                Asked::CreateRequest(CreateSupportRequestRequest {
                    request: Some(request),
                    request_id,
                })
            }
            4..=7 if !self.requests.is_empty() => self.step(expected, request_id),
            _ => {
                let enterprise = Enterprise {
                    region: "ML-3".into(),
                    filiere: "LAIT".into(),
                    citi_group: "105".into(),
                    size: "MIC".into(),
                    size_rule: SizeRule::Headcount.into(),
                    headcount: Some(self.count % 9 + 1),
                    sex: "F".into(),
                    status: "INFORMAL".into(),
                    registered_on: "2026-03-05".into(),
                    identity: Some(EnterpriseIdentity {
                        name: format!("{} made {}", self.name, self.count),
                        remarks: "x".repeat(self.draw(400)),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                let enterprise = Some(enterprise);
                Asked::CreateEnterprise(CreateEnterpriseRequest { enterprise, request_id })
            }
        }
    }

    pub(super) fn update(&mut self, expected: &Expected, request_id: String) -> Asked {
        let one = self.draw(self.enterprises.len());
        let mut changed = expected.enterprises[&self.enterprises[one]].clone();
        let remarks = format!("{} changed {}", self.name, self.count);
        changed.identity.as_mut().unwrap().remarks = remarks;
        // Both parts of the record change, so that neither may stand without the other.
        changed.filiere = if changed.filiere == "LAIT" { "CEREA" } else { "LAIT" }.into();
        let paths = vec!["filiere".into(), "identity.remarks".into()];
        Asked::UpdateEnterprise(UpdateEnterpriseRequest {
            enterprise: Some(changed),
            update_mask: Some(FieldMask { paths }),
            request_id,
        })
    }

    /// The next step in the life of a request.
    pub(super) fn step(&mut self, expected: &Expected, request_id: String) -> Asked {
        let one = self.draw(self.requests.len());
        let SupportRequest { name, etag, state, .. } =
            expected.requests[&self.requests[one]].clone();
        let (name, etag) = (name, etag);
        match RequestState::try_from(state).unwrap() {
            RequestState::Received => Asked::Assign(AssignSupportRequestRequest {
                name,
                etag,
                assigned_on: "2026-03-07".into(),
                referent: self.name.clone(),
                request_id,
            }),
            RequestState::Assigned => Asked::Answer(AnswerSupportRequestRequest {
                name,
                etag,
                answer: Some(Answer {
                    answered_on: "2026-03-09".into(),
                    kind: "_U".into(),
                    identity: Some(AnswerIdentity {
                        text: format!("{} answers {}", self.name, self.count),
                    }),
                    ..Default::default()
                }),
                request_id,
            }),
            _ => {
                self.requests.remove(one);
                Asked::Close(CloseSupportRequestRequest {
                    name,
                    etag,
                    closed_on: "2026-03-10".into(),
                    request_id,
                })
            }
        }
    }

    /// Takes note of what was made.
    pub(super) fn see(&mut self, told: &Told) {
        match told {
            Told::Enterprise(one) if one.etag == "1" => self.enterprises.push(one.name.clone()),
            Told::Request(one) if one.etag == "1" => self.requests.push(one.name.clone()),
            _ => {}
        }
    }
}
