// Written by `make wire` from schemas/. Do not edit.

/** A counted noun with its adjective, in the form that each kind of numeral asks for. */
export interface ArabicUnit {
  readonly gender: "masculine" | "feminine";
  readonly one: string;
  readonly two: string;
  /** After 3 to 10. */
  readonly few: string;
  /** After 11 to 99. */
  readonly many: string;
  /** After a round hundred, thousand or more, and after zero. */
  readonly hundred: string;
}

export interface EnglishUnit {
  readonly one: string;
  readonly other: string;
}

export interface Currency {
  readonly code: string;
  /** Decimals; one unit has 10 to this power minor units. */
  readonly exponent: number;
  readonly sign_ar: string;
  readonly sign_en: string;
  readonly major_ar: ArabicUnit;
  readonly major_en: EnglishUnit;
  readonly minor_ar: ArabicUnit | null;
  readonly minor_en: EnglishUnit | null;
  /** Notes and coins that people really pay with, in minor units, largest first. */
  readonly denominations: readonly number[];
}

export const CURRENCIES: Readonly<Record<string, Currency>> = {
  EGP: {
    code: "EGP",
    exponent: 2,
    sign_ar: "ج.م",
    sign_en: "E£",
    major_ar: { gender: "masculine", one: "جنيه مصري واحد", two: "جنيهان مصريان", few: "جنيهات مصرية", many: "جنيهًا مصريًا", hundred: "جنيه مصري" },
    major_en: { one: "Egyptian pound", other: "Egyptian pounds" },
    minor_ar: { gender: "masculine", one: "قرش واحد", two: "قرشان", few: "قروش", many: "قرشًا", hundred: "قرش" },
    minor_en: { one: "piastre", other: "piastres" },
    denominations: [20000, 10000, 5000, 2000, 1000, 500, 100, 50, 25],
  },
  USD: {
    code: "USD",
    exponent: 2,
    sign_ar: "$",
    sign_en: "$",
    major_ar: { gender: "masculine", one: "دولار أمريكي واحد", two: "دولاران أمريكيان", few: "دولارات أمريكية", many: "دولارًا أمريكيًا", hundred: "دولار أمريكي" },
    major_en: { one: "US dollar", other: "US dollars" },
    minor_ar: { gender: "masculine", one: "سنت واحد", two: "سنتان", few: "سنتات", many: "سنتًا", hundred: "سنت" },
    minor_en: { one: "cent", other: "cents" },
    denominations: [10000, 5000, 2000, 1000, 500, 100],
  },
  SAR: {
    code: "SAR",
    exponent: 2,
    sign_ar: "ر.س",
    sign_en: "SR",
    major_ar: { gender: "masculine", one: "ريال سعودي واحد", two: "ريالان سعوديان", few: "ريالات سعودية", many: "ريالًا سعوديًا", hundred: "ريال سعودي" },
    major_en: { one: "Saudi riyal", other: "Saudi riyals" },
    minor_ar: { gender: "feminine", one: "هللة واحدة", two: "هللتان", few: "هللات", many: "هللة", hundred: "هللة" },
    minor_en: { one: "halala", other: "halalas" },
    denominations: [50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 25, 10, 5, 1],
  },
  AED: {
    code: "AED",
    exponent: 2,
    sign_ar: "د.إ",
    sign_en: "Dh",
    major_ar: { gender: "masculine", one: "درهم إماراتي واحد", two: "درهمان إماراتيان", few: "دراهم إماراتية", many: "درهمًا إماراتيًا", hundred: "درهم إماراتي" },
    major_en: { one: "UAE dirham", other: "UAE dirhams" },
    minor_ar: { gender: "masculine", one: "فلس واحد", two: "فلسان", few: "فلوس", many: "فلسًا", hundred: "فلس" },
    minor_en: { one: "fils", other: "fils" },
    denominations: [100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 100, 50, 25],
  },
  QAR: {
    code: "QAR",
    exponent: 2,
    sign_ar: "ر.ق",
    sign_en: "QR",
    major_ar: { gender: "masculine", one: "ريال قطري واحد", two: "ريالان قطريان", few: "ريالات قطرية", many: "ريالًا قطريًا", hundred: "ريال قطري" },
    major_en: { one: "Qatari riyal", other: "Qatari riyals" },
    minor_ar: { gender: "masculine", one: "درهم واحد", two: "درهمان", few: "دراهم", many: "درهمًا", hundred: "درهم" },
    minor_en: { one: "dirham", other: "dirhams" },
    denominations: [50000, 20000, 10000, 5000, 1000, 500, 100, 50, 25],
  },
  KWD: {
    code: "KWD",
    exponent: 3,
    sign_ar: "د.ك",
    sign_en: "KD",
    major_ar: { gender: "masculine", one: "دينار كويتي واحد", two: "ديناران كويتيان", few: "دنانير كويتية", many: "دينارًا كويتيًا", hundred: "دينار كويتي" },
    major_en: { one: "Kuwaiti dinar", other: "Kuwaiti dinars" },
    minor_ar: { gender: "masculine", one: "فلس واحد", two: "فلسان", few: "فلوس", many: "فلسًا", hundred: "فلس" },
    minor_en: { one: "fils", other: "fils" },
    denominations: [20000, 10000, 5000, 1000, 500, 250, 100, 50, 20, 10, 5],
  },
  BHD: {
    code: "BHD",
    exponent: 3,
    sign_ar: "د.ب",
    sign_en: "BD",
    major_ar: { gender: "masculine", one: "دينار بحريني واحد", two: "ديناران بحرينيان", few: "دنانير بحرينية", many: "دينارًا بحرينيًا", hundred: "دينار بحريني" },
    major_en: { one: "Bahraini dinar", other: "Bahraini dinars" },
    minor_ar: { gender: "masculine", one: "فلس واحد", two: "فلسان", few: "فلوس", many: "فلسًا", hundred: "فلس" },
    minor_en: { one: "fils", other: "fils" },
    denominations: [20000, 10000, 5000, 1000, 500, 100, 50, 25, 10, 5],
  },
  OMR: {
    code: "OMR",
    exponent: 3,
    sign_ar: "ر.ع",
    sign_en: "RO",
    major_ar: { gender: "masculine", one: "ريال عماني واحد", two: "ريالان عمانيان", few: "ريالات عمانية", many: "ريالًا عمانيًا", hundred: "ريال عماني" },
    major_en: { one: "Omani rial", other: "Omani rials" },
    minor_ar: { gender: "feminine", one: "بيسة واحدة", two: "بيستان", few: "بيسات", many: "بيسة", hundred: "بيسة" },
    minor_en: { one: "baisa", other: "baisas" },
    denominations: [50000, 20000, 10000, 5000, 1000, 500, 100, 50, 25, 10, 5],
  },
  JOD: {
    code: "JOD",
    exponent: 3,
    sign_ar: "د.أ",
    sign_en: "JD",
    major_ar: { gender: "masculine", one: "دينار أردني واحد", two: "ديناران أردنيان", few: "دنانير أردنية", many: "دينارًا أردنيًا", hundred: "دينار أردني" },
    major_en: { one: "Jordanian dinar", other: "Jordanian dinars" },
    minor_ar: { gender: "masculine", one: "فلس واحد", two: "فلسان", few: "فلوس", many: "فلسًا", hundred: "فلس" },
    minor_en: { one: "fils", other: "fils" },
    denominations: [50000, 20000, 10000, 5000, 1000, 500, 250, 100, 50],
  },
  LBP: {
    code: "LBP",
    exponent: 0,
    sign_ar: "ل.ل",
    sign_en: "LL",
    major_ar: { gender: "feminine", one: "ليرة لبنانية واحدة", two: "ليرتان لبنانيتان", few: "ليرات لبنانية", many: "ليرة لبنانية", hundred: "ليرة لبنانية" },
    major_en: { one: "Lebanese pound", other: "Lebanese pounds" },
    minor_ar: null,
    minor_en: null,
    denominations: [100000, 50000, 20000, 10000, 5000, 1000],
  },
  IQD: {
    code: "IQD",
    exponent: 0,
    sign_ar: "د.ع",
    sign_en: "ID",
    major_ar: { gender: "masculine", one: "دينار عراقي واحد", two: "ديناران عراقيان", few: "دنانير عراقية", many: "دينارًا عراقيًا", hundred: "دينار عراقي" },
    major_en: { one: "Iraqi dinar", other: "Iraqi dinars" },
    minor_ar: null,
    minor_en: null,
    denominations: [50000, 25000, 10000, 5000, 1000, 500, 250],
  },
  EUR: {
    code: "EUR",
    exponent: 2,
    sign_ar: "€",
    sign_en: "€",
    major_ar: { gender: "masculine", one: "يورو واحد", two: "يوروان", few: "يوروات", many: "يورو", hundred: "يورو" },
    major_en: { one: "euro", other: "euros" },
    minor_ar: { gender: "masculine", one: "سنت واحد", two: "سنتان", few: "سنتات", many: "سنتًا", hundred: "سنت" },
    minor_en: { one: "cent", other: "cents" },
    denominations: [50000, 20000, 10000, 5000, 2000, 1000, 500],
  },
};
