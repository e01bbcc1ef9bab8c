use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{
    Device, DeviceId, DeviceState, DeviceTraits, Error, ReasonCode, Result, Target, Verdict,
};

use super::{DeviceFilter, Devices, FleetMember, IndexedPhone, WakeTarget, header};
use crate::{
    Listed, Page, Transaction, failure,
    item::{Fields, Map, bytes, number, text},
    layout::{self, Span, attribute},
    read::{Between, cursor, sort_key},
    transaction::{Expression, Table},
};

/// How many pages of the index a filtered list reads at most before it hands out a cursor.
const MAX_INDEX_PAGES: usize = 10;
/// How many index entries are looked at at once when most may be filtered out.
const FILTERED_PAGE: usize = 1000;

impl DeviceFilter {
    /// The filter over what the index carries. For verdicts it lets through a little more, see
    /// [`Self::matches`].
    fn expression(&self) -> (Option<String>, Map) {
        let mut terms = Vec::new();
        let mut values = Map::new();
        let equal = [
            ("pl", self.platform.map(text)),
            ("ow", self.ownership.map(text)),
            ("tg", self.target.map(text)),
            ("st", self.state.map(text)),
            ("us", self.user.map(text)),
        ];
        for (name, value) in equal {
            if let Some(value) = value {
                terms.push(format!("{name} = :{name}"));
                values.insert(format!(":{name}"), value);
            }
        }
        if let Some(users) = &self.users {
            let names: Vec<_> = (0..users.len()).map(|i| format!(":us{i}")).collect();
            terms.push(format!("us IN ({})", names.join(", ")));
            values.extend(names.into_iter().zip(users.iter().map(text)));
        }
        if let Some(group) = self.group {
            terms.push("contains(gr, :gr)".into());
            values.insert(":gr".into(), bytes(group.bits().to_be_bytes()));
        }
        if let Some(before) = self.last_seen_before {
            terms.push("(attribute_not_exists(dy) OR dy <= :dy)".into());
            values.insert(":dy".into(), number(before.unix_day()));
        }
        match self.verdict {
            None => {}
            Some((Verdict::Stale, now)) => {
                terms.push("fu < :now AND vd <> :violated".into());
                values.insert(":now".into(), number(now.unix_s()));
                values.insert(":violated".into(), number(Verdict::Violated as u8));
            }
            Some((verdict, _)) => {
                terms.push("vd = :vd".into());
                values.insert(":vd".into(), number(verdict as u8));
            }
        }
        (Some(terms.join(" AND ")).filter(|t| !t.is_empty()), values)
    }

    /// Whether no phone can match.
    fn is_impossible(&self) -> bool {
        self.users.as_ref().is_some_and(Vec::is_empty)
    }

    /// What the index has decided already, for a phone that was not found by it.
    fn matches_index(&self, device: &Device) -> bool {
        let user = |users: &Vec<_>| device.user.is_some_and(|user| users.contains(&user));
        self.platform.is_none_or(|wanted| device.platform == wanted)
            && self.ownership.is_none_or(|wanted| device.ownership == wanted)
            && self.target.is_none_or(|wanted| device.target == wanted)
            && self.state.is_none_or(|wanted| device.state == wanted)
            && self.user.is_none_or(|wanted| device.user == Some(wanted))
            && self.users.as_ref().is_none_or(user)
            && self.group.is_none_or(|group| device.groups.contains(&group))
            && self.is_under(&device.traits())
    }

    /// Whether a phone is under the policy that is wanted. It follows from the head, so that no
    /// expression can say it.
    fn is_under(&self, phone: &DeviceTraits<'_>) -> bool {
        self.under.as_ref().is_none_or(|(policy, head)| {
            head.rule_for(phone).is_some_and(|rule| rule.policy == *policy)
        })
    }

    /// Whether most entries may be filtered out.
    const fn is_selective(&self, expression: Option<&String>) -> bool {
        expression.is_some() || self.under.is_some()
    }

    /// What the index cannot decide: freshness per control, and the exact time.
    fn matches(&self, device: &Device) -> bool {
        let verdict = |(wanted, now)| device.controls.verdict_at(now) == wanted;
        let seen = |before| device.last_seen_at.is_none_or(|seen| seen < before);
        self.verdict.is_none_or(verdict) && self.last_seen_before.is_none_or(seen)
    }
}

/// Part of the index over a tenant's phones.
struct IndexQuery {
    bounds: (String, String),
    limit: Option<usize>,
    filter: (Option<String>, Map),
    /// The attributes that are wanted, if not all that the index has.
    only: Option<&'static str>,
}

impl Devices<'_> {
    /// The phones that match, read from the index, then each header. Fewer than the limit, even none,
    /// may come with a cursor when most are filtered out.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, filter: &DeviceFilter, page: &Page) -> Result<Listed<Device>> {
        if filter.is_impossible() {
            return Ok(Listed { items: Vec::new(), next: None });
        }
        if let Some(id) = filter.id {
            let mut items = self.headers(&[id]).await?;
            items.retain(|device| filter.matches_index(device) && filter.matches(device));
            return Ok(Listed { items, next: None });
        }
        let span = layout::device_index(&self.scope);
        let mut after = cursor(page)?.map(str::to_owned);
        let mut found: Vec<DeviceId> = Vec::new();
        let (expression, values) = filter.expression();
        let selective = filter.is_selective(expression.as_ref());
        let look = if selective { FILTERED_PAGE } else { page.size() + 1 };
        let mut more = true;
        for _ in 0..MAX_INDEX_PAGES {
            let query = IndexQuery {
                bounds: span.bounds(after.as_deref()),
                limit: Some(look),
                filter: (expression.clone(), values.clone()),
                only: None,
            };
            let (items, last) = self.query_index(&span, query).await?;
            for item in items {
                if filter.under.is_none() {
                    found.push(index_device(&item)?);
                    continue;
                }
                let phone = header::decode_indexed(item)?;
                found.extend(filter.is_under(&phone.traits()).then_some(phone.id));
            }
            more = last.is_some();
            after = last;
            if !more || found.len() > page.size() {
                break;
            }
        }
        if found.len() > page.size() {
            found.truncate(page.size());
            after = found.last().map(DeviceId::to_string);
            more = true;
        }
        let items = self.headers(&found).await?.into_iter().filter(|d| filter.matches(d)).collect();
        Ok(Listed { items, next: after.filter(|_| more) })
    }

    /// Headers in the order of `ids`, absent ones left out; at most 100, eventually consistent.
    async fn headers(&self, ids: &[DeviceId]) -> Result<Vec<Device>> {
        let keys: Vec<_> =
            ids.iter().map(|id| (Table::Data, layout::device(&self.scope, *id))).collect();
        let batch = self.store.batch(&keys, false).await?;
        let devices = batch.data.into_iter().map(|item| header::decode(item.into()));
        let mut devices: HashMap<_, _> =
            devices.map(|d| d.map(|d| (d.id, d))).collect::<Result<_>>()?;
        Ok(ids.iter().filter_map(|id| devices.remove(id)).collect())
    }

    /// What a policy's effect depends on, of the tenant's phones under management that stay there: up
    /// to 1 MB of the index from `cursor` on.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page_fleet(
        &self,
        cursor: Option<DeviceId>,
    ) -> Result<(Vec<FleetMember>, Option<DeviceId>)> {
        let span = layout::device_index(&self.scope);
        let states = [DeviceState::Enrolled, DeviceState::PushLost, DeviceState::Silent];
        let names = [":enrolled", ":lost", ":silent"];
        let values = names.iter().map(|name| (*name).to_owned()).zip(states.map(text)).collect();
        let query = IndexQuery {
            bounds: span.bounds(cursor.map(|c| c.to_string()).as_deref()),
            limit: None,
            filter: (Some(format!("st IN ({})", names.join(", "))), values),
            only: Some("t_sk, tg, us, gr, osv"),
        };
        let (items, last) = self.query_index(&span, query).await?;
        let members = items.into_iter().map(|item| {
            let mut item = Fields::from(item);
            Ok(FleetMember {
                device: item.parsed(attribute::TENANT_SK)?,
                target: item.word("tg", Target::from_word)?,
                groups: header::group_ids(&mut item)?,
                has_user: item.opt_text("us")?.is_some(),
                os_version: item.opt_text("osv")?,
            })
        });
        let last = last.map(|id| id.parse()).transpose().map_err(Error::internal)?;
        Ok((members.collect::<Result<_>>()?, last))
    }

    /// The tenant's managed phones that can be woken, up to 1 MB of the index from `cursor` on.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page_push_targets(
        &self,
        cursor: Option<DeviceId>,
    ) -> Result<(Vec<WakeTarget>, Option<DeviceId>)> {
        let span = layout::device_index(&self.scope);
        let bounds = span.bounds(cursor.map(|c| c.to_string()).as_deref());
        let filter = (Some("attribute_exists(pt)".to_owned()), Map::new());
        let query = IndexQuery { bounds, limit: None, filter, only: None };
        let (items, last) = self.query_index(&span, query).await?;
        let targets = items.into_iter().map(header::decode_target);
        let targets = targets.filter_map(Result::transpose).collect::<Result<_>>()?;
        let last = last.map(|last| last.parse().map_err(Error::internal)).transpose()?;
        Ok((targets, last))
    }

    /// The tenant's phones as the index has them, up to 1 MB of it from `cursor` on.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page_index(
        &self,
        cursor: Option<DeviceId>,
    ) -> Result<(Vec<IndexedPhone>, Option<DeviceId>)> {
        let span = layout::device_index(&self.scope);
        let bounds = span.bounds(cursor.map(|c| c.to_string()).as_deref());
        let query = IndexQuery { bounds, limit: None, filter: (None, Map::new()), only: None };
        let (items, last) = self.query_index(&span, query).await?;
        let phones = items.into_iter().map(header::decode_indexed).collect::<Result<_>>()?;
        let last = last.map(|last| last.parse().map_err(Error::internal)).transpose()?;
        Ok((phones, last))
    }

    /// Those of these phones that are managed and can be woken.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn push_targets(&self, ids: &[DeviceId]) -> Result<Vec<WakeTarget>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut targets = Vec::new();
        for ids in ids.chunks(100) {
            let keys: Vec<_> =
                ids.iter().map(|id| (Table::Data, layout::device(&self.scope, *id))).collect();
            for item in self.store.batch(&keys, false).await?.data {
                targets.extend(header::decode_target(item)?);
            }
        }
        Ok(targets)
    }

    /// Entries of the index, and behind which phone to go on if there may be more.
    async fn query_index(
        &self,
        span: &Span,
        query: IndexQuery,
    ) -> Result<(Vec<Map>, Option<String>)> {
        let (filter, values) = query.filter;
        let mut request = self
            .store
            .dynamo()
            .query()
            .table_name(self.store.table(Table::Data))
            .index_name(layout::BY_TENANT)
            .key_condition_expression("t_pk = :pk AND t_sk BETWEEN :from AND :to")
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":pk", text(&span.pk))
            .expression_attribute_values(":from", text(query.bounds.0))
            .expression_attribute_values(":to", text(query.bounds.1))
            .set_filter_expression(filter)
            .set_projection_expression(query.only.map(str::to_owned));
        if let Some(limit) = query.limit {
            request = request.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        }
        let output = request.send().await.map_err(|e| failure::from_sdk(&e))?;
        let last = output.last_evaluated_key.and_then(|key| match key.get(attribute::TENANT_SK) {
            Some(AttributeValue::S(id)) => Some(id.clone()),
            _ => None,
        });
        Ok((output.items.unwrap_or_default(), last))
    }

    /// Deletes what a phone said whose enrolment has ended or never began; the header goes with the
    /// transaction, which fails with `device_enrolled` if the phone came under management meanwhile.
    /// An enrolment that is claimed by another one is ended first. Returns the header that goes.
    ///
    /// # Errors
    /// The conflict `device_enrolled` while it is managed and not claimed; not found; if the database
    /// does not answer.
    pub async fn forget(&self, tx: &mut Transaction, id: DeviceId) -> Result<Device> {
        let absent = || Error::not_found("device");
        let mut device = self.get(id).await?.ok_or_else(absent)?;
        let enrolled = || Error::conflict(ReasonCode::DeviceEnrolled);
        if let Some(by) = device.claimed_by.filter(|_| device.state.is_managed()) {
            self.yield_to(id, by).await?;
            device = self.get(id).await?.ok_or_else(absent)?;
        }
        if device.state.is_managed() {
            return Err(enrolled());
        }
        let span = layout::device_partition(&self.scope, id);
        loop {
            // Everything but the header, which goes last: until then the same can be tried again.
            let bounds = ("1".to_owned(), "~".to_owned());
            let query = Between { pk: &span.pk, bounds, limit: 25, consistent: true };
            let (items, _) = self.store.between(query).await?;
            if items.is_empty() {
                break;
            }
            self.delete_items(&items).await?;
        }
        let unchanged = Expression::when("st = :st AND rv = :rv")
            .value(":st", text(device.state))
            .value(":rv", number(device.revision));
        tx.delete(Table::Data, &layout::device(&self.scope, id), unchanged, enrolled());
        if let Some(hash) = device.udid_hash {
            let phone = layout::phone(&self.scope, hash, id);
            tx.delete(Table::Data, &phone, Expression::default(), failure::concurrent_change());
        }
        Ok(device)
    }

    async fn delete_items(&self, items: &[Map]) -> Result<()> {
        for item in items {
            let Some(sk) = sort_key(item) else { continue };
            let mut key = Map::from([(attribute::SK.to_owned(), text(sk))]);
            if let Some(pk) = item.get(attribute::PK) {
                key.insert(attribute::PK.to_owned(), pk.clone());
            }
            self.store
                .dynamo()
                .delete_item()
                .table_name(self.store.table(Table::Data))
                .set_key(Some(key))
                .send()
                .await
                .map_err(|e| failure::from_sdk(&e))?;
        }
        Ok(())
    }
}

fn index_device(item: &Map) -> Result<DeviceId> {
    let id = item.get(attribute::TENANT_SK).and_then(|v| v.as_s().ok());
    id.and_then(|id| id.parse().ok()).ok_or_else(|| Error::internal("index entry without a phone"))
}
