use honker_core::SharedUpdateWatcher;

fn main() -> Result<(), honker_core::Error> {
    let watcher = SharedUpdateWatcher::new("app.db")?;
    let mut events = watcher.update_events()?; // commits from here on wake
    loop {
        let update = events.recv()?;
        println!("{} commit(s): read again what you depend on", update.commits);
    }
}
