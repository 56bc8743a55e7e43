// What we read of pinyin-match beside its search: its dictionaries, syllable → characters.
declare module 'pinyin-match/src/simplified_dict.js' {
  export const dict: Readonly<Record<string, string>>;
}
declare module 'pinyin-match/src/traditional_dict.js' {
  export const dict: Readonly<Record<string, string>>;
}
