//! Two sockets that are connected over the loopback address, as Python's own `socket.socketpair` is there.

use rustix::net::SendFlags;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::io::{AsRawSocket, BorrowedSocket};

pub(crate) type Socket = TcpStream;

pub(crate) const NO_SIGNAL: SendFlags = SendFlags::empty();

pub(crate) fn pair() -> io::Result<(Socket, Socket)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let rings = TcpStream::connect(listener.local_addr()?)?;
    // A second byte would wait until the first one is acknowledged.
    rings.set_nodelay(true)?;
    let own = rings.local_addr()?;
    loop {
        let (hears, from) = listener.accept()?;
        // Anybody on this machine may have come first.
        if from == own {
            return Ok((hears, rings));
        }
    }
}

pub(crate) fn number(end: BorrowedSocket<'_>) -> i64 {
    end.as_raw_socket().cast_signed()
}
