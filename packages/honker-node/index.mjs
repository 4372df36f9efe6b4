import honker from './index.js';

export const { Database, UpdateEvents, open, version } = honker;
export default honker;
