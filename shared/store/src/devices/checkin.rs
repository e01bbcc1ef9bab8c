use trennwand_domain::{
    CertificateHash, ControlStates, Device, DeviceId, DeviceState, Error, Ownership, Result,
    Secret, Slots, Timestamp, Token, UserId, Verdict,
};

use super::{Authentication, Devices, TokenUpdate, WakeTarget, header};
use crate::{
    item::{Item, Map, bytes, moment, number, text},
    layout::{self, attribute},
    transaction::{Expression, Refusal, Table},
};

/// How often a TokenUpdate is tried with what the last try found.
const TOKEN_UPDATE_ATTEMPTS: u32 = 3;

/// Which of a phone's certificates signed a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    Current,
    Pending,
}

impl Signer {
    /// Which one it was, by the header that a failed condition found.
    fn of(found: Option<&Map>, certificate: CertificateHash) -> Option<Self> {
        let found = found?;
        let is = |name: &str| {
            let stored = found.get(name).and_then(|v| v.as_b().ok());
            stored.is_some_and(|b| b.as_ref() == certificate.as_bytes())
        };
        if is("ce") { Some(Self::Current) } else { is("pe").then_some(Self::Pending) }
    }
}

/// What a write takes a header for; that of most phones at first, the one it found at the next try.
#[derive(Debug, Clone)]
struct Presumed {
    signer: Signer,
    state: Option<DeviceState>,
    company: bool,
    /// Another push token, which is to be replaced.
    replaced: Option<Replaced>,
}

impl Presumed {
    const fn owned(&self) -> &'static str {
        if self.company { " AND ow = :company" } else { "" }
    }
}

/// A push token that is not the one a phone tells now, and those before it.
#[derive(Debug, Clone)]
struct Replaced {
    token: Secret<Vec<u8>>,
    former: Vec<[u8; 8]>,
}

impl Replaced {
    fn of(found: Option<&Map>, told: &[u8]) -> Option<Self> {
        let found = found?;
        let stored = |name| found.get(name).and_then(|v| v.as_b().ok()).map(|b| b.as_ref());
        let token = stored("pt").filter(|token| *token != told)?;
        let former = header::unpack_former(stored("pz").unwrap_or_default());
        Some(Self { token: Secret::new(token.to_vec()), former })
    }

    /// Whether the phone told this token before it told the one in use.
    fn knows(&self, token: &[u8]) -> bool {
        self.former.contains(&header::former_push_token(token))
    }

    fn remembered(&self) -> Vec<u8> {
        let mut former = self.former.clone();
        former.push(header::former_push_token(self.token.expose()));
        header::pack_former(&former).unwrap_or_default()
    }
}

fn is_company(found: Option<&Map>) -> bool {
    let word = found.and_then(|found| found.get("ow")?.as_s().ok());
    word.is_some_and(|word| word == Ownership::Company.as_str())
}

fn unknown_device() -> Error {
    Error::not_found("device")
}

fn state_found(found: Option<&Map>) -> Option<DeviceState> {
    found?.get(attribute::STATE)?.as_s().ok().and_then(|word| DeviceState::from_word(word))
}

impl Devices<'_> {
    /// `Authenticate`: promotes the pending certificate, forgets what was known of the phone before and
    /// remembers which physical phone it is. The write's condition is the authentication. A repeat
    /// with the certificate in use is a success without effect: a replay must not throw a live phone
    /// out. What a message says about system and model is kept of company phones only.
    ///
    /// # Errors
    /// Not found if there is no such enrolment, it has ended, or the certificate is not its; if the
    /// database does not answer.
    pub async fn authenticate(&self, id: DeviceId, message: &Authentication) -> Result<()> {
        match self.try_authenticate(id, message).await {
            Err(Refusal::Condition { found, error, .. }) => {
                let ended = state_found(found.as_ref()).is_none_or(DeviceState::has_ended);
                match Signer::of(found.as_ref(), message.certificate) {
                    Some(Signer::Current) if !ended => Ok(()),
                    Some(Signer::Pending) if !ended && message.tells_hardware() => {
                        let bare =
                            Authentication { os_version: None, model: None, ..message.clone() };
                        Ok(self.try_authenticate(id, &bare).await?)
                    }
                    _ => Err(error),
                }
            }
            done => Ok(done?),
        }
    }

    async fn try_authenticate(
        &self,
        id: DeviceId,
        message: &Authentication,
    ) -> Result<(), Refusal> {
        let mut set = "SET ce = :ce, st = :enrolling, uh = :uh, sl = :sl, co = :co, vd = :vd, \
                       ls = :ls, dy = :dy, rv = rv + :one"
            .to_owned();
        let mut remove =
            "REMOVE cl, ea, pt, pm, pp, pz, fu, av, ap, wl, due_pk, due_sk, pe".to_owned();
        let mut told = Map::new();
        for (name, value) in [("osv", &message.os_version), ("mdl", &message.model)] {
            match value {
                Some(value) => {
                    set.push_str(&format!(", {name} = :{name}"));
                    told.insert(format!(":{name}"), text(value));
                }
                None => remove.push_str(&format!(", {name}")),
            }
        }
        let mut own = "pe = :ce".to_owned();
        if message.tells_hardware() {
            own.push_str(" AND ow = :company");
            told.insert(":company".into(), text(Ownership::Company));
        }
        let mut change = Expression::update(format!("{set} {remove}"))
            .and_when(format!(
                "{own} AND st IN (:enrolling, :enrolled, :lost, :silent, :releasing)"
            ))
            .value(":ce", bytes(*message.certificate.as_bytes()))
            .value(":uh", bytes(message.udid_hash))
            .value(":sl", bytes(header::pack_slots(&Slots::default())))
            .value(":co", bytes(header::pack_controls(&ControlStates::default())))
            .value(":vd", number(Verdict::Unknown as u8))
            .value(":ls", moment(message.at))
            .value(":dy", number(message.at.unix_day()))
            .value(":one", number(1))
            .value(":enrolling", text(DeviceState::Enrolling))
            .value(":enrolled", text(DeviceState::Enrolled))
            .value(":lost", text(DeviceState::PushLost))
            .value(":silent", text(DeviceState::Silent))
            .value(":releasing", text(DeviceState::Releasing));
        for (name, value) in told {
            change = change.value(&name, value);
        }
        let mut tx = self.store.transaction();
        tx.update(&layout::device(&self.scope, id), change, unknown_device());
        tx.attempt().await
    }

    /// `TokenUpdate`: the phone is enrolled and can be woken. The write's condition is the
    /// authentication. A phone that is being released stays so. An unlock token is kept of company
    /// phones only. A token that the phone had before the one in use is a repeat of an old message: a
    /// success without effect, unless the one in use is dead.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn token_update(&self, id: DeviceId, message: &TokenUpdate) -> Result<()> {
        let mut unlock = message.unlock_token.as_ref();
        let mut presumed = Presumed {
            signer: Signer::Current,
            state: None,
            company: unlock.is_some(),
            replaced: None,
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (found, error) = match self.try_token_update(id, message, &presumed).await {
                Err(Refusal::Condition { found, error, .. }) => (found, error),
                done => break done?,
            };
            let found = found.as_ref();
            let (signer, state) = (Signer::of(found, message.certificate), state_found(found));
            let (Some(signer), Some(state)) = (signer, state) else { return Err(error) };
            if state.has_ended() || attempts == TOKEN_UPDATE_ATTEMPTS {
                return Err(error);
            }
            let replaced = Replaced::of(found, message.push.token.expose());
            let repeat = replaced.as_ref().is_some_and(|r| r.knows(message.push.token.expose()));
            if repeat && state != DeviceState::PushLost {
                return Ok(());
            }
            unlock = unlock.filter(|_| is_company(found));
            presumed = Presumed { signer, state: Some(state), company: unlock.is_some(), replaced };
        }
        let Some(unlock) = unlock else { return Ok(()) };
        let secret = Item::at(&layout::unlock_token(&self.scope, id))
            .with("sd", bytes(unlock.as_bytes()))
            .with("at", moment(message.at));
        let mut tx = self.store.transaction();
        tx.put(Table::Data, secret, Expression::default(), unknown_device());
        tx.commit().await
    }

    async fn try_token_update(
        &self,
        id: DeviceId,
        message: &TokenUpdate,
        presumed: &Presumed,
    ) -> Result<(), Refusal> {
        let (own, promote) = match presumed.signer {
            Signer::Current => ("ce = :ce", ""),
            Signer::Pending => ("pe = :ce", " REMOVE pe"),
        };
        let (then, live) = match presumed.state {
            Some(DeviceState::Releasing) => (DeviceState::Releasing, "st = :then"),
            _ => (DeviceState::Enrolled, "st IN (:enrolling, :then, :lost, :silent)"),
        };
        let (before, former) = match &presumed.replaced {
            None => ("(attribute_not_exists(pt) OR pt = :pt)", ""),
            Some(_) => ("pt = :before", ", pz = :former"),
        };
        let due = layout::wake_due(id, id.wake_minute());
        let change = Expression::update(format!(
            "SET ce = :ce, st = :then, ea = if_not_exists(ea, :at), pt = :pt, pm = :pm, pp = :pp, \
             ls = :at, dy = :dy, due_pk = :due_pk, due_sk = :due_sk, rv = rv + :one{former}{promote}"
        ))
        .and_when(format!("{own} AND {live}{} AND {before}", presumed.owned()))
        .value(":ce", bytes(*message.certificate.as_bytes()))
        .value(":then", text(then))
        .value(":at", moment(message.at))
        .value(":dy", number(message.at.unix_day()))
        .value(":pt", bytes(message.push.token.expose().clone()))
        .value(":pm", text(message.push.magic.expose()))
        .value(":pp", text(&message.push.topic))
        .value(":due_pk", text(due.pk))
        .value(":due_sk", text(due.sk))
        .value(":one", number(1));
        let change = match &presumed.replaced {
            Some(replaced) => change
                .value(":before", bytes(replaced.token.expose().clone()))
                .value(":former", bytes(replaced.remembered())),
            None => change,
        };
        let change = match presumed.company {
            true => change.value(":company", text(Ownership::Company)),
            false => change,
        };
        let change = match then {
            DeviceState::Releasing => change,
            _ => change
                .value(":enrolling", text(DeviceState::Enrolling))
                .value(":lost", text(DeviceState::PushLost))
                .value(":silent", text(DeviceState::Silent)),
        };
        let mut tx = self.store.transaction();
        tx.update(&layout::device(&self.scope, id), change, unknown_device());
        tx.attempt().await
    }

    /// `CheckOut`: management has ended. The write's condition is the authentication. A repeat is a
    /// success without effect.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn check_out(
        &self,
        id: DeviceId,
        certificate: CertificateHash,
        at: Timestamp,
    ) -> Result<()> {
        let change = Expression::update(
            "SET st = :released, ls = :at, dy = :dy, rv = rv + :one \
             REMOVE pt, pm, pp, due_pk, due_sk",
        )
        .and_when("(ce = :ce OR pe = :ce) AND NOT st IN (:released, :superseded)")
        .value(":ce", bytes(*certificate.as_bytes()))
        .value(":at", moment(at))
        .value(":dy", number(at.unix_day()))
        .value(":one", number(1))
        .value(":released", text(DeviceState::Released))
        .value(":superseded", text(DeviceState::Superseded));
        let mut tx = self.store.transaction();
        tx.update(&layout::device(&self.scope, id), change, unknown_device());
        match tx.attempt().await {
            Err(Refusal::Condition { found, .. })
                if Signer::of(found.as_ref(), certificate).is_some() =>
            {
                Ok(())
            }
            done => Ok(done?),
        }
    }

    /// Makes the pending certificate the one in use; for the first request that is signed with it.
    ///
    /// # Errors
    /// Not found if it is not pending any more; if the database does not answer.
    pub async fn promote(&self, id: DeviceId, certificate: CertificateHash) -> Result<()> {
        let change = Expression::update("SET ce = :ce, rv = rv + :one REMOVE pe")
            .and_when("pe = :ce")
            .value(":ce", bytes(*certificate.as_bytes()))
            .value(":one", number(1));
        let mut tx = self.store.transaction();
        tx.update(&layout::device(&self.scope, id), change, unknown_device());
        tx.commit().await
    }

    /// Notes that the phone was heard of, if this is the first time today (UTC); otherwise no request.
    /// Does not count the revision up.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_day(&self, device: &Device, now: Timestamp) -> Result<()> {
        if device.last_seen_at.is_some_and(|seen| seen.unix_day() >= now.unix_day()) {
            return Ok(());
        }
        let change = Expression::update("SET ls = :ls, dy = :dy")
            .and_when("attribute_exists(pk)")
            .value(":ls", moment(now))
            .value(":dy", number(now.unix_day()));
        self.unless_refused(device.id, change).await
    }

    /// Notes that Apple says that this push token is dead; no effect if the phone has another by now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn mark_push_lost(&self, target: &WakeTarget) -> Result<()> {
        let change = Expression::update("SET st = :lost, rv = rv + :one")
            .and_when("pt = :pt AND st IN (:enrolled, :silent)")
            .value(":lost", text(DeviceState::PushLost))
            .value(":enrolled", text(DeviceState::Enrolled))
            .value(":silent", text(DeviceState::Silent))
            .value(":pt", bytes(target.push.token.expose().clone()))
            .value(":one", number(1));
        self.unless_refused(target.device, change).await
    }

    /// Writes the hash over the user's personal variables into the header of the user's phone; no
    /// effect if the phone has another user.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_person(
        &self,
        id: DeviceId,
        user: UserId,
        person: Option<Token>,
    ) -> Result<()> {
        let change = match person {
            Some(person) => Expression::update("SET ps = :ps, rv = rv + :one")
                .and_when("us = :us AND (attribute_not_exists(ps) OR ps <> :ps)")
                .value(":ps", bytes(*person.as_bytes())),
            None => Expression::update("SET rv = rv + :one REMOVE ps")
                .and_when("us = :us AND attribute_exists(ps)"),
        };
        let change = change.value(":us", text(user)).value(":one", number(1));
        self.unless_refused(id, change).await
    }

    /// Changes a header; a failed condition means that there is nothing to do.
    pub(super) async fn unless_refused(&self, id: DeviceId, change: Expression) -> Result<()> {
        let mut tx = self.store.transaction();
        tx.update(&layout::device(&self.scope, id), change, unknown_device());
        match tx.attempt().await {
            Err(Refusal::Condition { .. }) => Ok(()),
            done => Ok(done?),
        }
    }
}
