//! The few functions of the patched SQLite that a writer needs.
#![allow(unsafe_code, reason = "SQLite is C; each call says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

/// `sqlite3`: only pointers to it exist.
#[repr(C)]
struct Database {
    _opaque: [u8; 0],
}

type RowCallback = unsafe extern "C" fn(
    context: *mut c_void,
    columns: c_int,
    values: *mut *mut c_char,
    names: *mut *mut c_char,
) -> c_int;

// Signatures as in sqlite3.h.
unsafe extern "C" {
    fn sqlite3_open_v2(
        path: *const c_char,
        database: *mut *mut Database,
        flags: c_int,
        vfs: *const c_char,
    ) -> c_int;
    fn sqlite3_close(database: *mut Database) -> c_int;
    fn sqlite3_exec(
        database: *mut Database,
        sql: *const c_char,
        callback: Option<RowCallback>,
        context: *mut c_void,
        error: *mut *mut c_char,
    ) -> c_int;
    fn sqlite3_errmsg(database: *mut Database) -> *const c_char;
    fn sqlite3_extended_errcode(database: *mut Database) -> c_int;
    fn sqlite3_busy_timeout(database: *mut Database, milliseconds: c_int) -> c_int;
    fn sqlite3_db_config(database: *mut Database, setting: c_int, ...) -> c_int;
}

pub(crate) const OPEN_READONLY: c_int = 0x1;
pub(crate) const OPEN_READWRITE: c_int = 0x2;
pub(crate) const OPEN_CREATE: c_int = 0x4;
pub(crate) const OPEN_URI: c_int = 0x40;
const DBCONFIG_NO_CKPT_ON_CLOSE: c_int = 1006;

/// One row: each column as text.
pub(crate) type Row = Vec<Option<String>>;

/// A message, and the extended result code.
#[derive(Debug)]
pub(crate) struct Error(pub(crate) String, pub(crate) c_int);

/// A connection, which is closed when it is dropped.
pub(crate) struct Connection(*mut Database);

impl Connection {
    pub(crate) fn open(path: &Path, flags: c_int, vfs: Option<&str>) -> Result<Self, Error> {
        let path = text(path.as_os_str().as_encoded_bytes())?;
        let vfs = vfs.map(|vfs| text(vfs.as_bytes())).transpose()?;
        let vfs = vfs.as_ref().map_or(ptr::null(), |vfs| vfs.as_ptr());
        let mut database = ptr::null_mut();
        // SAFETY: the strings end with 0 and outlive the call, and `database` is written before it returns.
        let code = unsafe { sqlite3_open_v2(path.as_ptr(), &raw mut database, flags, vfs) };
        let this = Self(database);
        this.checked(code).map(|()| this)
    }

    pub(crate) fn busy_timeout(&self, milliseconds: u32) -> Result<(), Error> {
        let milliseconds = c_int::try_from(milliseconds).unwrap_or(c_int::MAX);
        // SAFETY: the connection is open as long as `self` lives.
        self.checked(unsafe { sqlite3_busy_timeout(self.0, milliseconds) })
    }

    pub(crate) fn no_ckpt_on_close(&self, on: bool) -> Result<(), Error> {
        let (setting, none) = (DBCONFIG_NO_CKPT_ON_CLOSE, ptr::null_mut::<c_int>());
        // SAFETY: this setting takes an int and a pointer to an int, which may be null.
        self.checked(unsafe { sqlite3_db_config(self.0, setting, c_int::from(on), none) })
    }

    /// Runs all statements to their last row.
    pub(crate) fn run(&self, sql: &str) -> Result<Vec<Row>, Error> {
        let sql = text(sql.as_bytes())?;
        let mut rows: Vec<Row> = Vec::new();
        let context = (&raw mut rows).cast();
        // SAFETY: `take_row` is given `rows`, which outlives the call and is not used meanwhile.
        let code = unsafe {
            sqlite3_exec(
                self.0,
                sql.as_ptr(),
                Some(take_row),
                context,
                ptr::null_mut(),
            )
        };
        self.checked(code).map(|()| rows)
    }

    fn checked(&self, code: c_int) -> Result<(), Error> {
        if code == 0 {
            return Ok(());
        }
        if self.0.is_null() {
            return Err(Error("out of memory".to_owned(), code));
        }
        // SAFETY: the message belongs to the connection, ends with 0, and lives until the next call.
        let message = unsafe { CStr::from_ptr(sqlite3_errmsg(self.0)) };
        // SAFETY: the connection is open as long as `self` lives.
        let code = unsafe { sqlite3_extended_errcode(self.0) };
        Err(Error(message.to_string_lossy().into_owned(), code))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointer, and no statement is left: `run` finishes each.
        unsafe { sqlite3_close(self.0) };
    }
}

unsafe extern "C" fn take_row(
    rows: *mut c_void,
    columns: c_int,
    values: *mut *mut c_char,
    _names: *mut *mut c_char,
) -> c_int {
    // SAFETY: `run` gave a `Vec<Row>`, which nobody else uses.
    let rows = unsafe { &mut *rows.cast::<Vec<Row>>() };
    let columns = usize::try_from(columns).unwrap_or_default();
    let row = (0..columns).map(|column| {
        // SAFETY: SQLite gives as many values as columns.
        let value = unsafe { *values.add(column) };
        if value.is_null() {
            return None;
        }
        // SAFETY: a value that is not NULL ends with 0.
        let value = unsafe { CStr::from_ptr(value) };
        Some(value.to_string_lossy().into_owned())
    });
    rows.push(row.collect());
    0
}

fn text(bytes: &[u8]) -> Result<CString, Error> {
    CString::new(bytes).map_err(|error| Error(error.to_string(), 0))
}
