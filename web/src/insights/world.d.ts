/* Made by tools/world.mjs during the build. */
declare module "daybook:world" {
  /* Relative to the module. */
  const address: string;
  export default address;
}
