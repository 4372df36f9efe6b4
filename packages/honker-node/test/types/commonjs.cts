import honker = require('honker');

const db: honker.Database = honker.open('app.db', { mustExist: false }, 'kernel');
const events: honker.UpdateEvents = db.updateEvents({ minInterval: 250 });
events.next().then((result) => {
  if (!result.done) {
    const update: honker.Update = result.value;
    const seq: number = update.seq;
    return seq;
  }
  const nothing: undefined = result.value;
  return nothing;
});
events.unref().ref().close();

// @ts-expect-error: the options come before the backend
honker.open('app.db', 'kernel');
// @ts-expect-error: subscriptions are made by a database
new honker.UpdateEvents();
