declare const __APP_VERSION__: string;
declare module 'pouchdb-adapter-memory';
