// The emoji this browser used last, the newest first; before there are any, what people in support use most.
const KEY = "emoji", KEPT = 24;
const OFTEN = "😀 😊 🙂 😉 😍 🤔 😅 😢 👍 👎 👌 🙏 👏 💪 ❤️ 🎉 ✨ 🔥 ✅ ❌ ⏳ 📦 🎁 📷".split(" ");

export function recent() {
  try { return [...new Set([...JSON.parse(localStorage.getItem(KEY) ?? "[]"), ...OFTEN])].slice(0, KEPT); } catch { return OFTEN; }
}

export function remember(sign) {
  // Without storage nothing is lost but the order.
  try { localStorage.setItem(KEY, JSON.stringify([sign, ...recent().filter(each => each !== sign)].slice(0, KEPT))); } catch {}
}
