export * from './auto-mode';
export * from './engine';
export * from './error-codes';
export * from './histogram';
export * from './load-test';
export * from './memory';
export * from './metrics';
export * from './model';
