import * as honker from './index.js';

export * from './index.js';
export default honker;
