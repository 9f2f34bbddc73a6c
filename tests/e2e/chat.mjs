// What a person does in the page's conversation.

/// Sends a message, and waits until it stands there as the last.
export async function ask(page, text) {
  const field = '.composer textarea';
  await page.fill(field, text);
  await page.press(field, 'Enter');
  await page.waitForSelector(`.question:nth-last-child(2) .said:text-is(${JSON.stringify(text)})`);
}

/// Sends the message of this number anew, with another text: a branch.
export async function edit(page, index, text) {
  await page.locator('.question').nth(index).hover();
  await page.locator('.question').nth(index).getByLabel('Edit the message').click();
  await page.fill('.editor textarea', text);
  await page.press('.editor textarea', 'Enter');
  await page.waitForSelector(`.said:text-is(${JSON.stringify(text)})`);
}
