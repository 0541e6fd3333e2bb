/* What opens above the page, in one chunk: esbuild makes a chunk of every set of modules that some lazy imports share, so a few
   larger ones load faster than many small ones. Fetched while nothing else is to be done. */
export { default as AccountMenu } from "./app/AccountMenu.tsx";
export { default as TenantPicker } from "./app/TenantPicker.tsx";
export { default as ZonePicker } from "./app/ZonePicker.tsx";
export { default as ColumnsPopup } from "./results/ColumnsPopup.tsx";
export { default as ShortcutsDialog } from "./results/ShortcutsDialog.tsx";
export { default as CheckListPopup } from "./search/CheckListPopup.tsx";
export { default as SavedSearches } from "./search/SavedSearches.tsx";
export { default as Popup } from "./ui/Popup.tsx";
