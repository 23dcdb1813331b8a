//! Clients that say nothing.

use std::{
    fs::File,
    time::{Duration, Instant},
};

use crate::{
    clients::{call, connect, is_ended},
    elsewhere, name, run, serve,
};

#[test]
fn a_silent_client_delays_nobody_and_is_dropped() {
    let path = name("silent");
    run(async {
        serve(&path);
        elsewhere(move || {
            let began = Instant::now();
            let mut silent: Vec<File> = (0..40).map(|_| connect(&path).unwrap()).collect();
            let asked = Instant::now();
            for _ in 0..20 {
                assert_eq!(call(&path, b"ab").unwrap(), b"ba");
            }
            assert!(
                asked.elapsed() < Duration::from_secs(3),
                "{:?}",
                asked.elapsed()
            );
            for client in &mut silent {
                is_ended(client);
            }
            let took = began.elapsed();
            assert!(took > Duration::from_secs(4), "they had no time: {took:?}");
            assert!(took < Duration::from_secs(20), "{took:?}");
        })
        .await;
    });
}

/// Twice as many as may be silent at one time.
const FLOOD: usize = 2000;
/// As many of them as must make room for the others.
const PUSHED_OUT: usize = 900;

#[test]
fn a_flood_of_silent_clients_pushes_out_its_own_oldest_and_delays_nobody() {
    let path = name("silent-flood");
    run(async {
        serve(&path);
        elsewhere(move || {
            let began = Instant::now();
            let mut silent: Vec<File> = (0..FLOOD).map(|_| connect(&path).unwrap()).collect();
            let in_time = began.elapsed() < Duration::from_secs(4);
            let asked = Instant::now();
            assert_eq!(call(&path, b"ab").unwrap(), b"ba");
            assert!(
                asked.elapsed() < Duration::from_secs(3),
                "{:?}",
                asked.elapsed()
            );
            for client in &mut silent[..PUSHED_OUT] {
                is_ended(client);
            }
            // Where they did not connect too slowly for it, that was not because their time of
            // five seconds was over.
            assert!(!in_time || began.elapsed() < Duration::from_secs(5));
            drop(silent);
            assert_eq!(call(&path, b"ab").unwrap(), b"ba");
        })
        .await;
    });
}
