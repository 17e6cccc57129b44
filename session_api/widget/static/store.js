/* Store: the chat's state, which only actions change. Parts draw it when they are told, and dispatch what is done to them. */

/* `actions`: by name, functions of the store, which can `setState` for them, and of what is dispatched. Subscribers are
   told the state after each change and the one before it. */
export function createStore(initial, actions) {
  let state = initial;
  const subscribers = new Set();
  const store = {
    getState: () => state,
    /* Returns what the action returns: a promise where it takes time. */
    dispatch: (action, ...given) => actions[action](inner, ...given),
    /* Returns what ends it. */
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  };
  const inner = {
    ...store,
    setState(change) {
      const before = state;
      state = { ...state, ...change };
      for (const subscriber of subscribers) subscriber(state, before);
    },
  };
  return store;
}
