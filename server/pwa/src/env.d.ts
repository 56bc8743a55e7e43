declare const __APP_VERSION__: string;
declare module 'pouchdb-adapter-memory';

declare module '*.json?without=form' {
  const words: object;
  export default words;
}
declare module '*.json?only=form' {
  const words: object;
  export default words;
}

declare module 'virtual:syllables' {
  /** syllable without tone → the characters that are read so (build/syllables.ts) */
  export const dict: Readonly<Record<string, string>>;
}
