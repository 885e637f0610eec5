/** A declaration shown as a code. Arabic is the master. */
export const code_ar = {
  'deposit.code_title': 'رمز الإيداع لأمين الخزنة',
  'deposit.code_show': 'اعرض الرمز لأمين الخزنة',
  'deposit.code_text': 'لم يصل إقرارك المكتب بعد. يمسح أمين الخزنة هذا الرمز ويعدّ الآن.',
  'deposit.code_text_sent': 'إقرارك عند المكتب. إن لم يظهر لأمين الخزنة فليمسح هذا الرمز.',
  'deposit.code_bright': 'المس الرمز ليملأ الشاشة',
  'deposit.code_turn_up': 'ارفع سطوع الشاشة، وقرّبها من الماسح حتى يُقرأ الرمز',
  'deposit.code_fill': 'املأ الشاشة برمز الإيداع {name}',
  'deposit.code_label': 'رمز الإيداع {name}',
  'deposit.code_too_large': 'في هذا الإيداع أكثر مما يسعه رمز. احفظ ملف الإنقاذ وسلّمه للمكتب، وما أقررت به محفوظ',
  'deposit.code_not_made': 'لم يُقرأ الإقرار من هذا الهاتف الآن. احفظ ملف الإنقاذ وسلّمه للمكتب',
} as const;
