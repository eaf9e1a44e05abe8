// Sample faces for demo and tests, drawn from features: flat, without eyes or mouth, so that nobody is portrayed.
const GROUND = { sand: "#d9d0c1", sky: "#c9d3e0", rose: "#dec9c5", mist: "#b9c9cd", sage: "#bccdbd", straw: "#d8d4bb", lilac: "#c9c6da", slate: "#aeb9c6" };
const SKIN = { deep: "#7b4a2e", brown: "#a5683f", tan: "#c88a60", warm: "#e2ac86", fair: "#f1cdb0", pale: "#f0d6c4" };
const HAIR = { black: "#1d1b1c", dark: "#3a2a22", brown: "#7a5233", chestnut: "#5d2a20", auburn: "#84514a", blond: "#bb8f4f", grey: "#8f8c88" };
const SHIRT = { plum: "#93605d", ink: "#2f3338", navy: "#3e4a5d", moss: "#4f6b55", violet: "#5d5573", brick: "#7d4a43", olive: "#8a7448" };

const cap = "M14.6 21.500C13.5 13.5 17.5 8.5 24 8.500s10.5 5 9.4 13c-.6-3.6-2-5.9-3.4-6.7-3.7 1.3-8.5 1.3-12 0-1.4.8-2.8 3.1-3.4 6.700z";
const sweep = "M14.6 22.500C13.3 13.5 17.5 8.3 24 8.300s10.7 5.2 9.4 14.200c-.5-3.3-1.7-5.7-3.2-7.2-3.6 3.4-9.6 5.6-15.6 7.200z";
const HAIRCUTS = {
  short: { front: cap },
  swept: { front: sweep },
  bun: { front: cap, bun: true },
  long: { back: "M12.6 39V21c0-8 4.6-13 11.4-13s11.4 5 11.4 13v18z", front: sweep },
  straight: { back: "M12.8 37V20.500C12.8 13 17.3 8 24 8s11.2 5 11.2 12.500V37z", front: cap },
  bob: { back: "M12.6 28.500v-8C12.6 13 17.2 8 24 8s11.4 5 11.4 12.500v8c0 2.4-1.8 3.5-4 3.500H16.600c-2.2 0-4-1.1-4-3.500z", front: cap },
  waves: { back: "M11.6 36c1.2-3.6.6-9.5 1-15.500C13 12.8 17.6 8 24 8s11 4.8 11.4 12.500c.4 6-.2 11.9 1 15.5-2 2.2-22.8 2.2-24.8 0z", front: cap },
};
const BEARD = "M14.9 21.500c.6 2.3 2 3 4 2.6 3.4-.7 6.8-.7 10.2 0 2 .4 3.4-.3 4-2.6.6 7.7-3.3 13.5-9.1 13.500s-9.7-5.8-9.1-13.500z";

// In the order of the names that the pictures of the design use: dana amal tomas priya jonas aoife mei leila marek kat sofia ines eve kofi ruth theo hana ruben noor sam
export const FACES = [
  ["sand", "deep", "black", "bun", "plum"],
  ["lilac", "tan", "black", "long", "navy"],
  ["sky", "tan", "black", "short", "ink"],
  ["rose", "brown", "black", "long", "moss"],
  ["mist", "fair", "blond", "short", "navy"],
  ["sage", "pale", "chestnut", "long", "navy"],
  ["straw", "pale", "black", "bob", "violet"],
  ["straw", "tan", "auburn", "waves", "plum"],
  ["slate", "warm", "dark", "short", "ink", "beard"],
  ["sky", "fair", "brown", "bob", "brick"],
  ["rose", "warm", "dark", "long", "olive"],
  ["lilac", "warm", "brown", "bun", "plum"],
  ["sage", "fair", "blond", "straight", "brick"],
  ["slate", "deep", "black", "short", "olive"],
  ["lilac", "pale", "grey", "straight", "ink"],
  ["mist", "fair", "grey", "short", "moss"],
  ["sage", "pale", "black", "straight", "violet"],
  ["rose", "warm", "dark", "short", "navy", "beard"],
  ["lilac", "tan", "auburn", "waves", "navy"],
  ["sand", "fair", "chestnut", "swept", "moss"],
].map(([ground, skin, hair, cut, shirt, beard]) => ({
  ground: GROUND[ground], skin: SKIN[skin], hair: HAIR[hair], shirt: SHIRT[shirt], cut: HAIRCUTS[cut], beard: Boolean(beard),
}));

export function drawFace({ ground, skin, hair, shirt, cut, beard }) {
  return `<svg viewBox="0 0 48 48"><path fill="${ground}" d="M0 0h48v48H0z"/>`
    + (cut.back ? `<path fill="${hair}" d="${cut.back}"/>` : "")
    + (cut.bun ? `<circle cx="24" cy="6.5" r="4" fill="${hair}"/>` : "")
    + `<ellipse cx="24" cy="47.5" rx="17" ry="11.5" fill="${shirt}"/>`
    + `<path fill="${skin}" d="M19.8 28h8.400v9.500a4.2 4.2 0 0 1-8.4 0z"/><path fill="#000" opacity=".14" d="M19.8 28h8.400v5.500c-2.6 1.6-5.8 1.6-8.4 0z"/>`
    + `<path fill="${skin}" d="M24 9.500c5.3 0 8.9 3.9 8.9 10.3 0 7.2-3.9 13.2-8.9 13.200s-8.9-6-8.9-13.200c0-6.4 3.6-10.3 8.9-10.300z"/>`
    + (beard ? `<path fill="${hair}" d="${BEARD}"/>` : "")
    + `<path fill="${hair}" d="${cut.front}"/></svg>`;
}
