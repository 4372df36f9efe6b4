//! Where the patched SQLite can be stopped.
//!
//! Each point is a place in one function of SQLite, named by the exact text that it stands before or after. The build
//! fails where that text is not there exactly once: then SQLite has changed, and somebody has to look whether the point
//! still means what its name says.

/// Before or after the text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Before,
    After,
}

/// A place in SQLite's source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// What tests call it.
    pub(crate) name: &'static str,
    /// The first line of the function's definition.
    pub(crate) function: &'static str,
    /// Before or after …
    pub(crate) place: Place,
    /// … which text of that function.
    pub(crate) anchor: &'static str,
}

const fn before(name: &'static str, function: &'static str, anchor: &'static str) -> Point {
    Point {
        name,
        function,
        place: Place::Before,
        anchor,
    }
}

const fn after(name: &'static str, function: &'static str, anchor: &'static str) -> Point {
    Point {
        place: Place::After,
        ..before(name, function, anchor)
    }
}

const OPEN_JOURNAL: &str = "static int pager_open_journal(Pager *pPager){";
const SYNC_JOURNAL: &str = "static int syncJournal(Pager *pPager, int newHdr){";
const WRITE_PAGES: &str = "static int pager_write_pagelist(Pager *pPager, PgHdr *pList){";
const PHASE_ONE: &str = "SQLITE_PRIVATE int sqlite3PagerCommitPhaseOne(\n";
const END: &str = "static int pager_end_transaction(Pager *pPager, int hasSuper, int bCommit){";
const ZERO: &str = "static int zeroJournalHdr(Pager *pPager, int doTruncate){";
const PLAYBACK: &str = "static int pager_playback(Pager *pPager, int isHot){";
const COMMIT: &str = "static int vdbeCommit(sqlite3 *db, Vdbe *p){";
const SUPER: &str = "static int writeSuperJournal(Pager *pPager, const char *zSuper){";
const PUBLISH: &str = "static SQLITE_NO_TSAN void walIndexWriteHdr(Wal *pWal){";
const RECOVER: &str = "static int walIndexRecover(Wal *pWal){";
const RESTART: &str = "static int walRestartLog(Wal *pWal){";
const FRAMES: &str = "static int walFrames(\n";
const CHECKPOINT: &str = "static int walCheckpoint(\n";
const CLOSE: &str = "SQLITE_PRIVATE int sqlite3WalClose(\n";
const LOCK_INDEX: &str = "static int unixLockSharedMemory(unixFile *pDbFd, unixShmNode *pShmNode){";
const UNMAP_INDEX: &str = "static int unixShmUnmap(\n";
const SWITCH: &str = "SQLITE_PRIVATE int sqlite3PagerCloseWal(Pager *pPager, sqlite3 *db){";

const DELETE_JOURNAL: &str =
    "rc = sqlite3OsDelete(pPager->pVfs, pPager->zJournal, pPager->extraSync);";
const TRUNCATE_JOURNAL: &str = "rc = sqlite3OsTruncate(pPager->jfd, 0);";
const ZERO_JOURNAL: &str = "rc = sqlite3OsWrite(pPager->jfd, zeroHdr, sizeof(zeroHdr), 0);";
const UNLOCK: &str = "rc2 = pagerUnlockDb(pPager, SHARED_LOCK);";
const DELETE_SUPER: &str = "rc = sqlite3OsDelete(pVfs, zSuper, 1);";
const FIRST_COPY: &str = "memcpy((void*)&aHdr[1], (const void*)&pWal->hdr, sizeof(WalIndexHdr));";
const SECOND_COPY: &str = "memcpy((void*)&aHdr[0], (const void*)&pWal->hdr, sizeof(WalIndexHdr));";
const RESTART_HEADER: &str = "walRestartHdr(pWal, salt1);";
const TRUNCATE_LOG: &str = "rc = sqlite3OsTruncate(pWal->pWalFd, 0);";
const COUNT_BACKFILL: &str = "AtomicStore(&pInfo->nBackfill, mxSafeFrame); SEH_INJECT_FAULT;";
const UNLINK_INDEX: &str = "osUnlink(pShmNode->zFilename);";
const DELETE_LOG: &str = "sqlite3OsDelete(pWal->pVfs, pWal->zWalName, 0);";
const LOCK_INDEX_FIRST: &str = "rc = unixShmSystemLock(pDbFd, F_WRLCK, UNIX_SHM_DMS, 1);";
const LOCK_INDEX_SHARED: &str = "rc = unixShmSystemLock(pDbFd, F_RDLCK, UNIX_SHM_DMS, 1);";

/// All of them. Those of a commit are in the order in which it passes them.
pub(crate) const POINTS: &[Point] = &[
    // A transaction that has a journal, and only its RESERVED lock.
    after(
        "journal-begun",
        OPEN_JOURNAL,
        "rc = writeJournalHdr(pPager);",
    ),
    // Its commit. The first point is passed with the database locked and not written.
    before(
        "journal-without-header",
        SYNC_JOURNAL,
        "IOTRACE((\"JHDR %p %lld\\n\", pPager, pPager->journalHdr));",
    ),
    after(
        "journal-synced",
        SYNC_JOURNAL,
        "sqlite3PcacheClearSyncFlags(pPager->pPCache);",
    ),
    // The change counter is written with page 1.
    before(
        "counter-unwritten",
        WRITE_PAGES,
        "rc = sqlite3OsWrite(pPager->fd, pData, pPager->pageSize, offset);",
    ),
    after(
        "page-written",
        WRITE_PAGES,
        "rc = sqlite3OsWrite(pPager->fd, pData, pPager->pageSize, offset);",
    ),
    before(
        "database-unsynced",
        PHASE_ONE,
        "if( !noSync ){\n        rc = sqlite3PagerSync(pPager, zSuper);",
    ),
    after(
        "database-synced",
        PHASE_ONE,
        "IOTRACE((\"DBSYNC %p\\n\", pPager))",
    ),
    before("journal-undeleted", END, DELETE_JOURNAL),
    after("journal-deleted", END, DELETE_JOURNAL),
    before("journal-untruncated", END, TRUNCATE_JOURNAL),
    after("journal-truncated", END, TRUNCATE_JOURNAL),
    before("journal-unzeroed", ZERO, ZERO_JOURNAL),
    after("journal-zeroed", ZERO, ZERO_JOURNAL),
    before("database-locked", END, UNLOCK),
    after("database-unlocked", END, UNLOCK),
    // One over several databases.
    after("super-journal-unnamed", SUPER, "pPager->setSuper = 1;"),
    before("super-journal-undeleted", COMMIT, DELETE_SUPER),
    after("super-journal-deleted", COMMIT, DELETE_SUPER),
    // A rollback: somebody's own, or of a hot journal.
    before(
        "page-unrestored",
        PLAYBACK,
        "rc = pager_playback_one_page(pPager,&pPager->journalOff,0,1,0);",
    ),
    after(
        "page-restored",
        PLAYBACK,
        "rc = pager_playback_one_page(pPager,&pPager->journalOff,0,1,0);",
    ),
    before(
        "rollback-unfinished",
        PLAYBACK,
        "rc = pager_end_transaction(pPager, zSuper!=0, 0);",
    ),
    // A commit to a log.
    after("log-restarted", RESTART, RESTART_HEADER),
    before(
        "log-without-header",
        FRAMES,
        "rc = sqlite3OsWrite(pWal->pWalFd, aWalHdr, sizeof(aWalHdr), 0);",
    ),
    after(
        "log-header-written",
        FRAMES,
        "rc = sqlite3OsWrite(pWal->pWalFd, aWalHdr, sizeof(aWalHdr), 0);",
    ),
    after(
        "frame-written",
        FRAMES,
        "rc = walWriteOneFrame(&w, p, nDbSize, iOffset);",
    ),
    before(
        "log-synced",
        FRAMES,
        "if( isCommit && pWal->truncateOnCommit && pWal->mxWalSize>=0 ){",
    ),
    before("header-unpublished", PUBLISH, FIRST_COPY),
    after("header-half-published", PUBLISH, FIRST_COPY),
    after("header-published", PUBLISH, SECOND_COPY),
    // Recovery publishes a header, too.
    before(
        "log-recovered",
        RECOVER,
        "pWal->hdr.aFrameCksum[0] = aFrameCksum[0];\n    pWal->hdr.aFrameCksum[1] = aFrameCksum[1];\n    walIndexWriteHdr(pWal);",
    ),
    // A checkpoint.
    before(
        "database-not-backfilled",
        CHECKPOINT,
        "rc = sqlite3OsWrite(pWal->pDbFd, zBuf, szPage, iOffset);",
    ),
    after(
        "page-backfilled",
        CHECKPOINT,
        "rc = sqlite3OsWrite(pWal->pDbFd, zBuf, szPage, iOffset);",
    ),
    before("backfill-uncounted", CHECKPOINT, COUNT_BACKFILL),
    after("backfill-counted", CHECKPOINT, COUNT_BACKFILL),
    before("log-not-restarted", CHECKPOINT, RESTART_HEADER),
    before("log-untruncated", CHECKPOINT, TRUNCATE_LOG),
    after("log-truncated", CHECKPOINT, TRUNCATE_LOG),
    // The first connection cuts a wal-index that may be stale.
    before("index-unlocked", LOCK_INDEX, LOCK_INDEX_FIRST),
    after("index-uncut", LOCK_INDEX, LOCK_INDEX_FIRST),
    before("index-cut", LOCK_INDEX, LOCK_INDEX_SHARED),
    // The last one takes the log and the wal-index away.
    before(
        "close-unchecked",
        CLOSE,
        "rc = sqlite3WalCheckpoint(pWal, db,",
    ),
    before(
        "close-checkpointed",
        CLOSE,
        "walIndexClose(pWal, isDelete);",
    ),
    before("index-linked", UNMAP_INDEX, UNLINK_INDEX),
    after("index-unlinked", UNMAP_INDEX, UNLINK_INDEX),
    before("log-linked", CLOSE, DELETE_LOG),
    after("log-deleted", CLOSE, DELETE_LOG),
    // A switch from WAL: its log is closed, and page 1 does not say so yet.
    after(
        "log-closed-for-good",
        SWITCH,
        "pPager->pWal = 0;\n      pagerFixMaplimit(pPager);",
    ),
];
