//! Starts an emulator.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use super::Emulator;
use super::builder::Builder;
use super::error::Error;
use crate::app::state::App;
use crate::control::Control;
use crate::net::server;
use crate::world::account::Token;

impl Builder {
    /// Binds the port and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    #[allow(clippy::unused_async)]
    pub async fn start(self) -> Result<Emulator, Error> {
        let address = SocketAddr::from(self.address);
        let bind = |source| Error::Bind { address, source };
        let listener = server::listen(address).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let mut setup = self.setup;
        setup.settings.local = address.to_string();
        setup.tokens.insert(0, Token::new(self.token.clone()));
        let app = App::new(setup, self.clock, self.log_requests, self.log_bytes, self.log_to);
        let app = Arc::new(app);
        let control = self
            .control
            .map(|token| Arc::new(Control::new(Arc::clone(&app), token)));
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::run(listener, Arc::clone(&app), control, stopped));
        Ok(Emulator {
            app,
            address,
            base_url: format!("http://{address}"),
            token: self.token,
            stop,
            server,
        })
    }
}
