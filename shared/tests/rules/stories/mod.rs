//! Each rule about releases, holds, recalls and cuts as a story of the trade.

mod by_phone;
mod done_and_saved;
mod given_back;
mod released;
mod said_again;
mod stopped;
