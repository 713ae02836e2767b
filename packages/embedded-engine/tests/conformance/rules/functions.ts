import { preview, type Rules, up } from "../rule.ts";

export const FUNCTIONS: Rules = {
  "a provider's function returns a result": [
    preview(
      'exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: 1, deep: { list: [1] } });',
    ),
    up(),
  ],
  "a provider's function fails": [
    up('exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { refuse: "not today" });'),
  ],
  "a function's secret result is a secret": [
    up('exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { hide: "hidden", plain: 1 });'),
  ],
  "a function with a secret argument returns a secret": [
    up(
      'exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: pulumi.secret("hidden") });',
    ),
  ],
  "a function with an unknown argument is called in the update": [
    preview(`
      const a = new Thing("a", {});
      const answer = pulumi.runtime.invokeOutput("test:index:ask", { question: a.id });
      new Thing("b", { value: answer.apply((it) => it.question) });
      exports.answer = answer;`),
    up(),
    preview(),
  ],
  "a function is called on an explicit provider": [
    up(`
      const provider = new Provider("own", { region: "north" });
      exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: 1 }, { provider });`),
    up(),
  ],
};
