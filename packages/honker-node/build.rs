//! Tells the linker what an addon of Node needs: among others, that it is never unloaded while honker's threads run.

fn main() {
    napi_build::setup();
}
