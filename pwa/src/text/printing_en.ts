/** Texts of receipt printers, in English. */
import type { Text } from './index';
import type { printing_ar } from './printing_ar';

export const printing_en: Record<keyof typeof printing_ar, Text> = {
  'printer.title': 'Printer',
  'printer.way': 'How vouchers are printed',
  'printer.way.dialog': 'Print dialog',
  'printer.way.dialog.text': 'Any printer that this phone prints to',
  'printer.way.rawbt': '{app} app',
  'printer.way.rawbt.text': 'A receipt printer that the {app} app on this phone is connected to',
  'printer.way.serial': 'Bluetooth printer',
  'printer.way.serial.text': 'A receipt printer that is paired in the phone’s Bluetooth settings',
  'printer.paper': 'Width of the roll',
  'printer.mm': '{wide} mm',
  'printer.port': 'A printer is chosen',
  'printer.no_port': 'No printer is chosen yet',
  'printer.choose': 'Choose the printer',
  'printer.choose_other': 'Choose another printer',
  'printer.test': 'Test print',
  'printer.test_title': 'TEST PRINT',
  'printer.test_line': 'If the letters are clear and the frame above is whole on both sides, printer and paper fit.',
  'printer.test_code': 'Scan: the company’s address',
  'printer.handed.rawbt': 'Handed to {app}, which prints it. No paper? Open {app} and look there',
  'printer.handed.serial': 'Sent to the printer. No paper? Look at its roll and cover',
  'printer.next_copy': 'The next print says COPY {n}',
  'printer.trouble.unavailable': 'This browser has no way to that printer, and nothing was printed. Choose another way under More, Printer',
  'printer.trouble.not_chosen': 'No printer is chosen yet, and nothing was printed. Choose one under More, Printer',
  'printer.trouble.not_reached': 'The printer does not answer, and nothing was printed. Switch it on, hold it near, and try again',
  'printer.trouble.broke_off': 'The printer stopped in the middle. Everything on this phone is safe. Look at its roll and cover, then print again',
  'printer.trouble.too_long': 'This paper is too long for {app}, and nothing was printed. Choose the print dialog under More, Printer',
};
