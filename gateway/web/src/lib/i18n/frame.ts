/** What the frame around all pages says. */
export const frameEn = {
  account: "Account and settings",
  admin: "Administration",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
};

export const frameKo: typeof frameEn = {
  account: "계정과 설정",
  admin: "관리",
  theme: "색상",
  themes: { system: "시스템 설정대로", light: "밝게", dark: "어둡게" },
};
