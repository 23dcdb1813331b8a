//! The least that a server of a pipe of messages can do: `PIPE INSTANCES SIZE`
//! answers each message on that pipe with so many bytes, in a blocking thread
//! for each instance. There is one on Windows only.
#![forbid(unsafe_code)]

#[cfg(unix)]
fn main() {
    eprintln!("bench-plain-server: there are no pipes of messages here");
    std::process::exit(2);
}

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use fslaunch_os::testing::pipes::PlainInstance;

    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, instances, size] = words.as_slice() else {
        return Err("give the pipe, how many instances, and the size of a reply".into());
    };
    let reply = vec![b'x'; size.parse()?];
    std::thread::scope(|scope| {
        for _ in 0..instances.parse()? {
            let instance = PlainInstance::new(name.as_ref())?;
            let reply = &reply;
            scope.spawn(move || {
                loop {
                    // A client that has left is none to complain about.
                    let _ = instance.serve(reply);
                }
            });
        }
        Ok(())
    })
}
