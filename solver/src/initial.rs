//! The plan before this one as a beginning: as much of it as still fits stays with its crew, in its order.

use crate::{
    ground::{FAR, NONE},
    model::Problem,
    plan::Plan,
    recreate::Look,
};

/// Puts in each crew's earlier stops, at the end of its route so far where that fits, else where it costs least.
pub fn put_initial(problem: &Problem, plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let mut node_of = vec![NONE; problem.orders.len()];
    for (node, order) in ground.order.iter().enumerate() {
        node_of[*order as usize] = node as u32;
    }
    plan.begin();
    for truck in 0..ground.trucks.len() {
        for order in &problem.crews[ground.trucks[truck].crew as usize].initial {
            let node = node_of[*order as usize];
            if node == NONE || !ground.can(node, truck) || !plan.has_room(truck, node) {
                continue;
            }
            let look = Look::new(plan, node);
            let last = plan.routes[truck].len() - 1;
            let (cost, at) = match look.at(truck, last) {
                Some(cost) => (cost, last),
                None => look.along(truck, usize::MAX),
            };
            if cost < FAR {
                plan.insert(truck, at, node);
            }
        }
    }
    plan.begin();
}
