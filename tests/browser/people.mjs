/* People who log in, for tests of what each may see. */
export const password = "correct horse battery staple";

export const grant = (role, tenant, more = {}) => ({
  role,
  tenant,
  logs: null,
  products: null,
  ...more,
});

/** Makes a user whose home is `tenant` ("" for none) and who has the grants; `more`: other members of the account. */
export async function person(daybook, login, grants, tenant = "", more = {}) {
  const body = { login, display_name: login, tenant, grants, password };
  const answer = await daybook.request("/v1/users", {
    method: "POST",
    body: JSON.stringify({ ...body, ...more }),
  });
  return (await answer.json()).user;
}

/** Fills in the form of the log-in page, and sends it. */
export async function logIn(page, login, secret = password) {
  await page.getByLabel("Name or e-mail").fill(login);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Waits until somebody is logged in on the page. */
export const loggedIn = (page) =>
  page.getByRole("button", { name: /^Account of/ }).waitFor();

/** A page in a browser of its own, after the user has logged in on it. */
export async function openAs(daybook, login, path, options = {}) {
  const page = await daybook.open(path, {
    key: null,
    expected: [/401 \(Unauthorized\)/],
    ...options,
  });
  await logIn(page, login);
  await loggedIn(page);
  return page;
}
