//! Payments that can't be right, and one that comes twice.

use curbstop_server::store::payments;
use curbstop_shared::time::Span;
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account, rfc3339},
};
use serde_json::{Value, json};

async fn kept(db: &TestDatabase) -> usize {
    payments::of_account(&mut db.open().await.reader().await.unwrap(), account('A')).await.unwrap().len()
}

on_both_engines! {
    async fn each_gets_its_own_answer_and_is_kept_once_or_not_at_all(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let payment = |field: &str, value: &str| {
            let mut payment = json!({
                "account": account('A'), "amount": "86.40", "tender": "cash", "confirmation": "R-1",
                "paid_at": rfc3339(wall_clock() - Span::minutes(1)),
            });
            payment[field] = Value::from(value);
            payment
        };
        let in_nine_days = rfc3339(wall_clock() + Span::minutes(9 * 24 * 60));
        let wrong = [
            ("amount", "0", 422, "amount_zero"), ("amount", "0.00", 422, "amount_zero"),
            ("amount", "-86.40", 422, "amount_negative"), ("amount", "86.405", 422, "amount_invalid"),
            ("amount", "eighty", 422, "amount_invalid"), ("amount", "99999999999999999999", 422, "amount_invalid"),
            ("account", "99-9999-99", 422, "account_unknown"), ("paid_at", &in_nine_days, 422, "paid_at_in_future"),
        ];
        for (field, value, status, code) in wrong {
            let answer = utility.office.post("/payments", payment(field, value)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{field} {value}: {}", answer.body);
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            assert!(detail.starts_with(field) && detail.len() > 20, "{}", answer.body);
        }
        assert_eq!(kept(&db).await, 0);

        let body = payment("confirmation", "R-2");
        let first = utility.office.post_once("/payments", body.clone(), "counter-1").await.good();
        let again = utility.office.post_once("/payments", body, "counter-1").await.good();
        assert_eq!(first, again);
        let other = utility.office.post_once("/payments", payment("amount", "12.00"), "counter-1").await;
        assert_eq!((other.status.as_u16(), other.code()), (409, "idempotency_key_reused"));
        assert_eq!(kept(&db).await, 1);
    }
}
