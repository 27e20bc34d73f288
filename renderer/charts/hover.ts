import { createStore } from 'zustand/vanilla';

/** The instant under the pointer on whichever chart it is over; every chart of the page draws it. Seconds before now (<= 0). */
export const hoverStore = createStore<{ readonly secondsAgo: number | null }>(() => ({ secondsAgo: null }));

export const setHover = (secondsAgo: number | null) => hoverStore.setState({ secondsAgo });
