use std::os::unix::net::UnixListener as StdListener;

use super::*;

/// A folder of the test's own, removed with all in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("fslaunch-endpoint-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o755).create(&path).unwrap();
        Folder(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn bind(path: &Path) -> Result<Endpoint, EndpointError> {
    Endpoint::bind(path, Identities::default())
}

#[tokio::test]
async fn everybody_may_connect_and_nobody_else_may_replace_the_socket() {
    let folder = Folder::new("modes");
    let path = folder.0.join("made").join("socket");
    let _endpoint = bind(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o666);
    assert_eq!(
        fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o7777,
        0o755
    );
}

#[tokio::test]
async fn a_second_endpoint_is_refused_and_told_who_has_it() {
    let folder = Folder::new("second");
    let _endpoint = bind(&folder.socket()).unwrap();
    let words = bind(&folder.socket()).unwrap_err().to_string();
    assert!(
        words.contains(&format!("in use by process {} (", std::process::id())),
        "{words}"
    );
}

#[tokio::test]
async fn a_stale_socket_is_replaced() {
    let folder = Folder::new("stale");
    drop(StdListener::bind(folder.socket()).unwrap());
    assert!(folder.socket().exists());
    bind(&folder.socket()).unwrap();
}

#[tokio::test]
async fn a_socket_of_another_program_is_left_alone() {
    let folder = Folder::new("foreign");
    let _other = StdListener::bind(folder.socket()).unwrap();
    assert!(matches!(
        bind(&folder.socket()),
        Err(EndpointError::InUse { .. })
    ));
    StdStream::connect(folder.socket()).unwrap();
}

#[tokio::test]
async fn a_file_in_the_way_is_left_alone() {
    let folder = Folder::new("file");
    fs::write(folder.socket(), "kept").unwrap();
    assert!(matches!(
        bind(&folder.socket()),
        Err(EndpointError::NotASocket { .. })
    ));
    assert_eq!(fs::read_to_string(folder.socket()).unwrap(), "kept");
}

#[tokio::test]
async fn a_folder_that_others_may_write_is_refused() {
    let folder = Folder::new("writable");
    fs::set_permissions(&folder.0, Permissions::from_mode(0o777)).unwrap();
    let words = bind(&folder.socket()).unwrap_err().to_string();
    assert!(
        words.contains("may be written by others (mode 0777)"),
        "{words}"
    );
}

#[tokio::test]
async fn the_socket_is_gone_with_its_endpoint() {
    let folder = Folder::new("gone");
    drop(bind(&folder.socket()).unwrap());
    assert!(!folder.socket().exists());
}
