import type { code_ar } from './code_ar';

export const code_en: Record<keyof typeof code_ar, string> = {
  'deposit.code_title': 'Code for the cashier',
  'deposit.code_show': 'Show the code to the cashier',
  'deposit.code_text': 'Your declaration has not reached the office. The cashier scans this code and counts now.',
  'deposit.code_text_sent': 'The office has your declaration. If the cashier does not see it, let this code be scanned.',
  'deposit.code_bright': 'Tap the code to fill the screen',
  'deposit.code_turn_up': 'Turn the brightness up and hold the screen to the scanner until it is read',
  'deposit.code_fill': 'Fill the screen with the code of deposit {name}',
  'deposit.code_label': 'Code of deposit {name}',
  'deposit.code_too_large': 'This deposit holds more than a code can. Save the rescue file and hand it in at the office; what you declared is kept',
  'deposit.code_not_made': 'The declaration cannot be read from this phone now. Save the rescue file and hand it in at the office',
};
