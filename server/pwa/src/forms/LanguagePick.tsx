// The language of a form in mid-form: of Chinese and English one tap; where a form has others, all of its languages in a list.
import { createEffect, createSignal, For, Show } from 'solid-js';
import { locale, setLocale, t, type Locale } from '../i18n/index.ts';
import type { Instance, Language } from './engine.ts';

/** The language a form is shown in: as chosen for it, else the app's where the form has it, else the form's own first. Returns how to choose. */
export function useFormLanguage(instance: () => Instance): { chosen: () => string; choose: (code: string) => void } {
  const [chosen, setChosen] = createSignal<string | null>(null);
  const has = (code: string) => instance().languages.some((language) => language.code === code);
  const shown = () => chosen() ?? (has(locale()) ? locale() : instance().language());
  createEffect(() => instance().setLanguage(shown()));
  return {
    chosen: shown,
    choose: (code) => {
      setChosen(isLocale(code) ? null : code);
      // What the app can speak it speaks too: half a screen in each language helps nobody.
      if (isLocale(code)) setLocale(code);
    },
  };
}

export function LanguagePick(props: { languages: Language[]; chosen: string; onChoose: (code: string) => void }) {
  const isOther = (language: Language) => !isLocale(language.code) && language.code !== '' && language.code !== 'default';
  const others = () => props.languages.filter(isOther);
  // The app's own two are always there: a form without them still has buttons to read.
  const all = () => [...props.languages.filter((language) => isOther(language) || isLocale(language.code)), ...OURS.filter(({ code }) => !props.languages.some((language) => language.code === code))];
  return (
    <Show
      when={others().length > 0}
      fallback={
        <button type="button" class="icon-button icon-button--word" lang={locale() === 'zh' ? 'en' : 'zh-CN'} onClick={() => props.onChoose(locale() === 'zh' ? 'en' : 'zh')}>
          {locale() === 'zh' ? 'EN' : '中文'}
        </button>
      }
    >
      <span class="language">
        {short(props.chosen)}
        <select aria-label={t('form.language')} onChange={(event) => props.onChoose(event.currentTarget.value)}>
          <For each={all()}>
            {(language) => (
              <option value={language.code} selected={language.code === props.chosen} lang={language.code}>
                {nameOf(language)}
              </option>
            )}
          </For>
        </select>
      </span>
    </Show>
  );
}

const OURS: Language[] = [
  { code: 'zh', name: '中文' },
  { code: 'en', name: 'English' },
];

function isLocale(code: string): code is Locale {
  return code === 'zh' || code === 'en';
}

/** As its speakers call it, or as the app's language does, where the form has only its code. */
function nameOf({ code, name }: Language): string {
  const ours = OURS.find((language) => language.code === code);
  if (ours || name !== code) return (ours ?? { name }).name;
  try {
    const names = [code, locale()].map((speakers) => new Intl.DisplayNames([speakers], { type: 'language' }).of(code));
    return names.find((found) => found !== undefined && found !== code) ?? name;
  } catch {
    return name; // a form may call its language anything
  }
}

function short(code: string): string {
  return code === 'zh' ? '中文' : code.slice(0, 3).toUpperCase();
}
