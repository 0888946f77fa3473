//! What happened on the demo's last working day: an ordinary day on which nearly everything went wrong once, so that
//! every list of the desks has something true to show. Each act goes through the gate as a real tablet's does.

use super::{
    super::{
        ServiceError,
        authorise::Actor,
        deciding::{self, Decision},
        enrolment,
        idempotency::Answer,
        missing_evidence,
        orders::{self, Wanted},
        payments::{self, NewPayment},
        planning::{give, take_off},
        protecting::{self, NewHold},
        taking_back,
    },
    Crews, bring_file_in, once, read,
    tablet::Tablet,
    truck::{Truck, collected},
};
use crate::{clock::SettableClock, import::Kind, state::AppState, store::exceptions};
use chrono::NaiveDate;
use curbstop_shared::{
    facts::{Danger, FactBody, Hold, Note, Release, Visit},
    ids::{CrewId, FactId, OrderId},
    money::Money,
    route_document::PublishedOrder,
    time::{Micros, Span},
    vocabulary::{
        ExceptionKind, HoldReason, HoldScope, Met, Method, OrderKind, Outcome, Permit, ReleaseReason, ReversalReason,
        SealFound, Source, UnableCode,
    },
};
use std::collections::VecDeque;
use uuid::Uuid;

/// The day, and who works on it.
pub(super) struct Day<'s> {
    /// The server as it was then.
    pub past: &'s AppState,
    /// Its clock.
    pub clock: &'s SettableClock,
    /// The first moment of the day.
    pub begins: Micros,
    /// The day.
    pub date: NaiveDate,
    /// Who plans it.
    pub dispatcher: Actor,
    /// Who takes payments.
    pub office: Actor,
    /// Who orders service restored.
    pub supervisor: Actor,
}

/// Tells the day, from the first tablet that fetches its route to the last that merges. Gives back the tablets that are
/// switched on the next morning; one of them still holds work, which comes in late.
pub(super) async fn happens(day: &Day<'_>, crews: &Crews) -> Result<Vec<Tablet>, ServiceError> {
    day.it_is(7, 5);
    let mut maria = day.sets_out(crews.truck_12, "Tablet 12").await?;
    let mut spare_12 = day.sets_out(crews.truck_12, "Tablet 12, spare").await?;
    let mut ines = day.sets_out(crews.truck_14, "Tablet 14").await?;
    let mut spare_14 = day.sets_out(crews.truck_14, "Tablet 14, spare").await?;
    let mut raul = day.sets_out(crews.truck_21, "Tablet 21").await?;
    let mut cable = day.sets_out(crews.truck_23, "Tablet 23").await?;
    let mut electric = day.sets_out(crews.truck_31, "Tablet 31").await?;

    // Each part of the day is large: on the heap, so that a thread with a small stack can tell it.
    Box::pin(day.the_first_hour(&mut maria)).await?;
    Box::pin(day.what_is_found_at_the_door(&mut ines)).await?;
    Box::pin(day.what_the_truck_could_not_know(&mut maria)).await?;
    Box::pin(day.what_the_crew_did_by_itself(&mut maria, &mut spare_12)).await?;
    Box::pin(day.a_dispute_after_the_cut(&mut ines)).await?;
    Box::pin(day.a_check_that_comes_back(&mut ines)).await?;
    Box::pin(day.the_truck_that_broke_down(&mut raul)).await?;
    Box::pin(day.boxes_are_picked_up(&mut cable)).await?;
    Box::pin(day.meters_are_locked(&mut electric)).await?;
    Box::pin(day.paid_when_the_trucks_turn_home(&mut ines, &mut electric)).await?;
    Box::pin(day.the_rest_of_it(&mut [&mut maria, &mut ines])).await?;
    Box::pin(day.two_tablets_that_are_not_right(&mut ines, &mut spare_14)).await?;
    missing_evidence::look(day.past, day.begins + THE_EVENING).await?;
    Ok(vec![spare_14.tablet, ines.tablet, cable.tablet, electric.tablet])
}

impl Day<'_> {
    fn it_is(&self, hour: i64, minute: i64) {
        self.clock.set(self.begins + Span::minutes(hour * 60 + minute));
    }

    fn later(&self, minutes: i64) {
        self.clock.advance(Span::minutes(minutes));
    }

    async fn sets_out(&self, crew: CrewId, name: &str) -> Result<Truck, ServiceError> {
        Truck::new(Tablet::enrolled(self.past, &self.dispatcher, crew, name).await?)
    }

    /// Two can't be done, six are; one of those pays a part, another one's receipt reads differently in the file. The photo
    /// of the third is lost, and the last is turned off in a way of the crew's own.
    async fn the_first_hour(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        self.it_is(8, 10);
        for code in [UnableCode::Dog, UnableCode::NoAccessGate] {
            let order = truck.next()?;
            let unable =
                Visit { outcome: Outcome::Unable, code: Some(code), permit: None, ..truck.visit(self.past, &order) };
            truck.tablet.saves(self.past, &order, unable, |_| Vec::new())?;
            self.later(6);
        }
        let mut off = Vec::new();
        for nth in 0..6 {
            truck.tablet.loses_photo = nth == 2;
            off.push(truck.turns_off_but(self.past, |work| work.method = (nth == 5).then_some(Method::MeterRemoved))?);
            self.later(7);
        }
        truck.tablet.syncs(self.past).await?;
        let [part, typed, ..] = off.as_slice() else { return Ok(()) };
        self.is_paid(part, Some("25.00"), "C-4101").await?;
        self.is_paid(typed, Some("12.00"), "C-4102").await?;
        let account = account(typed)?;
        let day = self.date.format("%m/%d/%Y");
        let file = format!("Receipt,Account,Date,Amount,Tender\nC-4102,{account},{day},112.00,check\n");
        bring_file_in(self.past, Kind::Payments, "demo", &file, self.date).await?;
        Ok(())
    }

    /// Readings that look wrong, a meter that is another, a broken seal, a threat, proof and a claim at the door.
    async fn what_is_found_at_the_door(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        self.it_is(8, 25);
        for checks in ["high", "usage_on_off_account"] {
            truck.turns_off_but(self.past, |work| work.checks = Some(checks))?;
            self.later(8);
        }
        truck.turns_off_but(self.past, |work| work.seal = Some(SealFound::Broken))?;
        self.later(8);
        for (code, said) in [
            (UnableCode::MeterMismatch, None),
            (UnableCode::ProofShown, Some(proof())),
            (UnableCode::MedicalClaimed, Some(claim())),
        ] {
            let order = truck.next()?;
            let outcome = if said.is_some() { Outcome::Stopped } else { Outcome::Unable };
            let met = said.as_ref().map(|_| Met::Customer);
            let visit = Visit { outcome, code: Some(code), met, permit: None, ..truck.visit(self.past, &order) };
            truck.tablet.saves(self.past, &order, visit, |_| said.into_iter().collect())?;
            self.later(6);
        }
        let order = truck.next()?;
        let code = Some(UnableCode::Threat);
        let unable = Visit { outcome: Outcome::Unable, code, permit: None, ..truck.visit(self.past, &order) };
        truck.tablet.saves(self.past, &order, unable, |visit| {
            let text = Some("He came to the truck with a bat. We left.".to_owned());
            vec![FactBody::Incident(Danger { visit: Some(visit.clone()), code: "threat".to_owned(), text })]
        })?;
        self.later(5);
        truck.tablet.syncs(self.past).await
    }

    /// A payment and a hold that the office had and the truck had not, and a payment that the truck had.
    async fn what_the_truck_could_not_know(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        self.it_is(9, 40);
        truck.tablet.syncs(self.past).await?;
        let paid = truck.next_stop()?;
        self.is_paid(&paid, None, "C-4107").await?;
        self.later(8);
        truck.turns_off(self.past)?;
        self.later(9);
        truck.tablet.syncs(self.past).await?;
        self.is_restored(truck, &paid).await?;

        let paid = truck.next_stop()?;
        self.is_paid(&paid, None, "C-4109").await?;
        truck.tablet.syncs(self.past).await?;
        self.later(5);
        truck.turns_off(self.past)?;
        truck.tablet.syncs(self.past).await?;
        self.is_restored(truck, &paid).await?;

        let held = truck.next_stop()?;
        let mut hold = NewHold {
            account: account(&held)?.to_owned(),
            kind: HoldReason::Medical,
            good_through: None,
            comment: "oxygen at home, doctor's letter".to_owned(),
            restore: false,
        };
        protecting::set(self.past, &self.office, hold.clone(), &self.once()?).await?;
        self.later(6);
        truck.turns_off(self.past)?;
        truck.tablet.syncs(self.past).await?;
        self.later(4);
        hold.restore = true;
        protecting::set(self.past, &self.supervisor, hold, &self.once()?).await?;
        self.is_restored(truck, &held).await
    }

    /// A cut without a permit, the same stop worked from two tablets, service given back on nobody's word.
    async fn what_the_crew_did_by_itself(&self, truck: &mut Truck, spare: &mut Truck) -> Result<(), ServiceError> {
        self.later(12);
        truck.turns_off_but(self.past, |work| work.permit = Permit::None)?;
        self.later(7);
        spare.tablet.syncs(self.past).await?;
        let twice = truck.turns_off(self.past)?;
        self.later(2);
        spare.stops = VecDeque::from([twice]);
        spare.turns_off(self.past)?;
        self.later(5);
        let again = truck.turns_off(self.past)?;
        self.later(14);
        truck.turns_on(self.past, &again)?;
        for tablet in [&mut truck.tablet, &mut spare.tablet] {
            tablet.syncs(self.past).await?;
        }
        Ok(())
    }

    /// Turned off, and then somebody at the door disputes the bill: the office accepts that, and leaves it off.
    async fn a_dispute_after_the_cut(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        let order = truck.turns_off(self.past)?;
        self.later(2);
        let (outcome, code) = (Outcome::Stopped, Some(UnableCode::DisputeClaimed));
        let met = Some(Met::Customer);
        let visit = Visit { outcome, code, met, permit: None, ..truck.visit(self.past, &order) };
        let said = curbstop_shared::facts::claim(UnableCode::DisputeClaimed, None);
        truck.tablet.saves(self.past, &order, visit, |_| said.into_iter().collect())?;
        truck.tablet.syncs(self.past).await?;
        self.later(25);
        let mut conn = self.past.store.reader().await?;
        let waiting = exceptions::open_of_account(&mut conn, account(&order)?, 20).await?;
        drop(conn);
        let claim = waiting.into_iter().find(|row| row.kind == ExceptionKind::FieldHoldUnverified.code());
        let claim = claim.and_then(|row| row.cause?.parse::<FactId>().ok());
        let claim = claim.ok_or_else(|| ServiceError::Internal(format!("demo: no claim at {}", order.number)))?;
        let decision = Decision {
            accepted: true,
            why: "the meter is to be tested".to_owned(),
            good_through: None,
            restore: Some(false),
            stays_off_why: None,
        };
        deciding::decide(self.past, &self.office, &claim, &decision, &self.once()?).await?;
        Ok(())
    }

    /// Cut, paid by check, restored, and in the afternoon the bank sends the check back.
    async fn a_check_that_comes_back(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        let order = truck.turns_off(self.past)?;
        truck.tablet.syncs(self.past).await?;
        self.later(20);
        let payment = self.is_paid(&order, None, "C-4115").await?;
        self.is_restored(truck, &order).await?;
        self.later(90);
        taking_back::take_back(self.past, &self.supervisor, payment, ReversalReason::ReturnedCheck, &self.once()?)
            .await?;
        Ok(())
    }

    /// Its list is taken back while it has no signal; it works one more stop, is taken out of service, and hands in what
    /// it did after that.
    async fn the_truck_that_broke_down(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        for _ in 0..4 {
            truck.turns_off(self.past)?;
            self.later(6);
        }
        truck.tablet.syncs(self.past).await?;
        take_off(self.past, &self.dispatcher, &self.once()?, truck.tablet.route()?, None).await?;
        self.later(5);
        truck.turns_off(self.past)?;
        self.later(20);
        truck.tablet.syncs(self.past).await?;
        truck.turns_off(self.past)?;
        enrolment::revoke(self.past, &self.dispatcher, truck.tablet.device).await?;
        self.later(25);
        truck.tablet.hands_in(self.past).await
    }

    async fn boxes_are_picked_up(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        for (nth, order) in std::mem::take(&mut truck.boxes).into_iter().enumerate() {
            let visit = Visit { met: Some(Met::Customer), ..truck.visit(self.past, &order) };
            truck.tablet.saves(self.past, &order, visit, |visit| {
                let boxes = order.lines.iter().enumerate();
                // The first household says that it has no such box.
                boxes.map(|(n, line)| FactBody::Equipment(collected(visit, line, nth == 0 && n == 0))).collect()
            })?;
            self.later(9);
        }
        truck.tablet.syncs(self.past).await
    }

    async fn meters_are_locked(&self, truck: &mut Truck) -> Result<(), ServiceError> {
        while truck.stops.len() > LEFT_UNLOCKED {
            truck.turns_off(self.past)?;
            self.later(6);
        }
        truck.tablet.syncs(self.past).await
    }

    /// The last ones of the day are paid for at once: nobody drives back, so the next day gives their service back.
    async fn paid_when_the_trucks_turn_home(
        &self,
        water: &mut Truck,
        electric: &mut Truck,
    ) -> Result<(), ServiceError> {
        let mut paid = vec![("C-4131", water.turns_off(self.past)?)];
        for receipt in ["C-4132", "C-4133"] {
            self.later(5);
            paid.push((receipt, electric.turns_off(self.past)?));
        }
        for truck in [water, electric] {
            truck.tablet.syncs(self.past).await?;
        }
        for (receipt, order) in paid {
            self.later(9);
            self.is_paid(&order, None, receipt).await?;
        }
        Ok(())
    }

    async fn the_rest_of_it(&self, trucks: &mut [&mut Truck]) -> Result<(), ServiceError> {
        for truck in trucks {
            let last = truck.stops.len().saturating_sub(LEFT_OVER);
            for n in 0..last {
                truck.turns_off(self.past)?;
                self.later(2);
                if n % 5 == 4 {
                    truck.tablet.syncs(self.past).await?;
                }
            }
            truck.tablet.syncs(self.past).await?;
        }
        Ok(())
    }

    /// One whose clock is wrong, and one that finds no signal until the next morning.
    async fn two_tablets_that_are_not_right(&self, truck: &mut Truck, spare: &mut Truck) -> Result<(), ServiceError> {
        spare.tablet.syncs(self.past).await?;
        spare.tablet.clock_off = Span::minutes(47);
        spare.stops = truck.stops.pop_front().into_iter().collect();
        spare.turns_off(self.past)?;
        spare.tablet.syncs(self.past).await?;
        spare.tablet.clock_off = Span(0);
        self.later(3);
        spare.stops = truck.stops.pop_front().into_iter().collect();
        let order = spare.next()?;
        let (tablet, code) = (&mut spare.tablet, Some(UnableCode::BoxBuried));
        let unable = Visit { outcome: Outcome::Unable, code, permit: None, ..tablet.visit(self.past, &order) };
        tablet.saves(self.past, &order, unable, |visit| {
            let text = "Landscaping over the box. Needs a probe.".to_owned();
            vec![FactBody::Note(Note { text, visit: Some(visit.clone()) })]
        })
    }

    /// The office takes a payment of what is past due, or of `amount`.
    async fn is_paid(&self, order: &PublishedOrder, amount: Option<&str>, receipt: &str) -> Result<Uuid, ServiceError> {
        let account = account(order)?;
        let amount = match amount {
            Some(amount) => amount.to_owned(),
            None => Money::from_minor(self.past_due_minor(account).await?, self.past.config.currency).to_string(),
        };
        let payment = NewPayment {
            account: account.to_owned(),
            amount,
            tender: "check".to_owned(),
            confirmation: receipt.to_owned(),
            paid_at: self.past.now() - Span::minutes(2),
            lines: None,
            ask_if_same: false,
        };
        let answer = Box::pin(payments::record(self.past, &self.office, payment, &self.once()?)).await?;
        id_in(&answer, "/payment")
    }

    async fn past_due_minor(&self, account: &str) -> Result<i64, ServiceError> {
        let wanted = Wanted { account: Some(account.to_owned()), ..Wanted::default() };
        let order = orders::list(self.past, &wanted).await?.orders.into_iter().next();
        Ok(order.ok_or_else(|| ServiceError::Internal(format!("demo: no order of {account}")))?.past_due_minor)
    }

    /// The account's reconnect goes onto the truck's route and is worked.
    async fn is_restored(&self, truck: &mut Truck, cut: &PublishedOrder) -> Result<(), ServiceError> {
        let kind = Some(OrderKind::Reconnect.code().to_owned());
        let wanted = Wanted { account: cut.account.clone(), kind, ..Wanted::default() };
        let reconnect: Option<OrderId> = orders::list(self.past, &wanted).await?.orders.last().map(|order| order.id);
        let reconnect =
            reconnect.ok_or_else(|| ServiceError::Internal(format!("demo: no reconnect for {}", cut.number)))?;
        let route = truck.tablet.route()?;
        give(self.past, &self.dispatcher, &self.once()?, reconnect, route, None).await?;
        truck.tablet.syncs(self.past).await?;
        self.later(15);
        let order = truck.tablet.reconnect_of(cut.account.as_deref())?;
        truck.turns_on(self.past, &order)?;
        truck.tablet.syncs(self.past).await
    }

    fn once(&self) -> Result<super::Once, ServiceError> {
        once(&self.past.new_id().to_string())
    }
}

/// When what no tablet has sent is missed, from the day's first moment.
const THE_EVENING: Span = Span::minutes(22 * 60);
/// Meters that are left for the end of the day.
const LEFT_UNLOCKED: usize = 2;
/// Stops that nobody came to that day.
const LEFT_OVER: usize = 3;

fn proof() -> FactBody {
    FactBody::Release(Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".to_owned(),
        source: Source::Field,
        verified: false,
        paid_at: None,
        recorded_at: None,
        confirmation: Some("web 88-1042".to_owned()),
    })
}

fn claim() -> FactBody {
    FactBody::Hold(Hold { reason: HoldReason::Medical, scope: HoldScope::Premise, verified: false, expires_on: None })
}

fn account(order: &PublishedOrder) -> Result<&str, ServiceError> {
    let missing = || ServiceError::Internal(format!("demo: {} names no account", order.number));
    order.account.as_deref().ok_or_else(missing)
}

fn id_in(answer: &Answer, pointer: &str) -> Result<Uuid, ServiceError> {
    let id = read(answer)?.pointer(pointer).and_then(|id| id.as_str()?.parse().ok());
    id.ok_or_else(|| ServiceError::Internal(format!("demo: an answer without {pointer}")))
}
