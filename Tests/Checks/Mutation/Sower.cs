using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NanoAttention.Tests.Mutation;

/// <summary>
/// Compiles the sources of the engine once more, into an assembly of its own in which every pullback and backward kernel is there in as
/// many versions as it has faults, switched by number: <c>if (Sown.Current == 17) { the body with fault 17 } … { the body }</c>.
/// Left out are the GPU's kernels, for the suite runs in double precision, which the GPU device does not hold.
/// </summary>
sealed partial class Sower
{
    /// <summary>A body with fewer faults than this gets more of them.</summary>
    const int Few = 8;

    /// <summary>How many faults there are at least in what computes anything.</summary>
    public const int Least = 5;

    static readonly CSharpParseOptions options = new(LanguageVersion.Preview);
    readonly List<Mutant> mutants = [];
    readonly HashSet<int> rejected = [];
    readonly string root;
    readonly int step;
    int regions;

    Sower(string root, int step) => (this.root, this.step) = (root, step);

    /// <summary>The compiled assembly, and the faults in it.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="step">Only faults whose number is a multiple of this are compiled.</param>
    public static (byte[] Assembly, IReadOnlyList<Mutant> Mutants, int Regions) Run(string root, int step) => new Sower(root, step).Run();

    (byte[], IReadOnlyList<Mutant>, int) Run()
    {
        string[] files = [.. new[] { "Kernels", "Autograd", "Engine" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !NotCompiled().IsMatch(file)).Order(StringComparer.Ordinal),
                Path.Combine(root, "Tests", "Autograd", "ScalarExamples.cs")];
        SyntaxTree[] originals = [.. files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, file))];
        SyntaxTree[] helpers = [CSharpSyntaxTree.ParseText(Usings, options), CSharpSyntaxTree.ParseText(Helper, options)];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("NanoAttention", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create("NanoAttention.Sown", [.. originals, .. helpers], references,
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable));

        // A fault that does not compile is none; what is left is compiled again.
        for (int attempt = 0; attempt < 4; attempt++)
        {
            mutants.Clear();
            regions = 0;
            SyntaxTree[] sown = [.. originals.Select(tree => Sow(tree, compilation.GetSemanticModel(tree)))];
            using var stream = new MemoryStream();
            var result = compilation.RemoveAllSyntaxTrees().AddSyntaxTrees([.. sown, .. helpers]).Emit(stream);
            if (result.Success) return (stream.ToArray(), [.. mutants.Where(m => !rejected.Contains(m.Id))], regions);
            foreach (var error in result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error))
                rejected.Add(FaultAt(error) ?? throw new InvalidOperationException($"the sources do not compile: {error}"));
        }
        throw new InvalidOperationException("faults that do not compile were still found at the fourth attempt");
    }

    // the number in the nearest `if (Sown.Current == …)` around an error
    static int? FaultAt(Diagnostic error) =>
        error.Location.SourceTree?.GetRoot().FindNode(error.Location.SourceSpan).AncestorsAndSelf().OfType<IfStatementSyntax>()
        .Select(s => s.Condition).OfType<BinaryExpressionSyntax>().Where(c => c.Left.ToString() == "Sown.Current")
            .Select(c => (int?)int.Parse(c.Right.ToString())).FirstOrDefault();

    SyntaxTree Sow(SyntaxTree tree, SemanticModel model)
    {
        var whole = tree.GetRoot();
        var found = whole.DescendantNodes(node => !IsRegion(node)).Where(IsRegion).ToArray();
        string file = Path.GetRelativePath(root, tree.FilePath).Replace('\\', '/');
        if (found.Length == 0 || !Sowable().IsMatch(file)) return tree;
        var sown = whole.ReplaceNodes(found, (region, _) => region switch
        {
            LambdaExpressionSyntax lambda => lambda.WithBody(Versions(file, model, lambda.Body, returns: true)),
            MethodDeclarationSyntax method => method.WithExpressionBody(null).WithSemicolonToken(default)
                .WithBody(Versions(file, model, (CSharpSyntaxNode?)method.ExpressionBody?.Expression ?? method.Body!,
                    method.ReturnType.ToString() != "void")),
            LocalFunctionStatementSyntax local => local.WithExpressionBody(null).WithSemicolonToken(default)
                .WithBody(Versions(file, model, (CSharpSyntaxNode?)local.ExpressionBody?.Expression ?? local.Body!, returns: true)),
            _ => region,
        });
        return CSharpSyntaxTree.Create((CSharpSyntaxNode)sown, options, tree.FilePath);
    }

    /// <summary>A pullback (a function of dy), a partial derivative of a formula, or a method that a backward pass is made of.</summary>
    static bool IsRegion(SyntaxNode node) => node switch
    {
        SimpleLambdaExpressionSyntax lambda => lambda.Parameter.Identifier.Text == "dy",
        LocalFunctionStatementSyntax local => local.ParameterList.Parameters is [{ Identifier.Text: "dy" }],
        ParenthesizedLambdaExpressionSyntax { ParameterList.Parameters: [{ Identifier.Text: "dy" }, ..] } => true,
        MethodDeclarationSyntax { Body: null, ExpressionBody: null } => false,
        MethodDeclarationSyntax method => method.Identifier.Text is "Slope" or "SlopeA" or "SlopeB"
            || Path.GetFileName(node.SyntaxTree.FilePath) is var file && (file.StartsWith("CpuDevice", StringComparison.Ordinal) ? false
            : method.Identifier.Text.Contains("Backward", StringComparison.Ordinal)
                || file.EndsWith(".Backward.cs", StringComparison.Ordinal)
            || method.Ancestors().OfType<StructDeclarationSyntax>().Any(s => s.Identifier.Text.Contains("Backward", StringComparison.Ordinal))),
        _ => false,
    };

    BlockSyntax Versions(string file, SemanticModel model, CSharpSyntaxNode body, bool returns)
    {
        int region = regions++;
        var faults = new Faults(model, inKernel: file.StartsWith("Kernels", StringComparison.Ordinal));
        var versions = new List<string>();
        var found = body.DescendantNodesAndSelf().OfType<ExpressionSyntax>()
            .SelectMany(e => faults.Of(e).Select(f => (At: e, f.Fault, f.After))).ToList();
        if (found.Count < Few) found.AddRange(faults.AtNames(body));
        if (found.Count < Least) found.AddRange(faults.OfLeast(body));
        foreach (var (e, fault, after) in found)
        {
            int id = mutants.Count + 1;
            var line = e.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            mutants.Add(new(id, region, file, line, fault, OneLine(e.ToString()), OneLine(after)));
            if (id % step != 0 || rejected.Contains(id)) continue;
            string replaced = e is AssignmentExpressionSyntax or CollectionExpressionSyntax ? after : $"({after})";
            var changed = e == body ? SyntaxFactory.ParseExpression(after) : body.ReplaceNode(e, SyntaxFactory.ParseExpression(replaced));
            versions.Add($"if (Sown.Current == {id}) {Block(changed, returns)}");
        }
        string all = $"{{ Sown.Enter({region}); {string.Join('\n', versions)}\n{Block(body, returns)} }}";
        return (BlockSyntax)SyntaxFactory.ParseStatement(all, options: options);
    }

    static string Block(CSharpSyntaxNode body, bool returns) => body switch
    {
        BlockSyntax block => returns ? block.ToFullString() : $"{{ {block.ToFullString()} return; }}",
        _ => returns ? $"{{ return {body.ToFullString()}; }}" : $"{{ {body.ToFullString()}; return; }}",
    };

    static string OneLine(string code) => Space().Replace(code, " ");

    [GeneratedRegex(@"[\\/](Gpu|obj|bin)[\\/]")]
    private static partial Regex NotCompiled();

    /// <summary>Where pullbacks and backward kernels are.</summary>
    [GeneratedRegex("^(Engine/Ops/|Kernels/Cpu/|Autograd/Scalar)")]
    private static partial Regex Sowable();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    // Rounded: Veltkamp's splitting keeps 24 of 53 bits.
    const string Helper = """
        #nullable disable
        namespace NanoAttention
        {
            public static class Sown
            {
                public static int Current;
                public static readonly bool[] Entered = new bool[10000];
                public static void Enter(int region) => Entered[region] = true;

                public static Scalar One(Scalar x) => 0 * x + 1;
                public static Tensor One(Tensor x) => x is null ? null : 0 * x + 1;
                public static Tensor Shifted(Tensor x) => x is null ? null : x.Reshape(x.Count).Roll(1, 0).Reshape(x.Shape.Sizes);
                public static Tensor Turned(Tensor x) => x is null || x.Rank < 2 ? x?.Flip() : x.Transpose().Clone().Reshape(x.Shape.Sizes);
                public static Tensor Holed(Tensor x) => x is null || x.Count == 0 ? x
                    : x.Reshape(x.Count).Pad(0, 0, -1).Pad(0, 0, 1).Reshape(x.Shape.Sizes);

                public static double Off(double x) => 1.01 * x;
                public static float Off(float x) => 1.01f * x;
                public static Tensor Off(Tensor x) => 1.01 * x;
                public static Scalar Off(Scalar x) => 1.01 * x;
                public static V Off<V>(V x) where V : struct, Kernels.ILane<V> => V.Of(1.01) * x;

                public static double Zero(double x) => 0;
                public static float Zero(float x) => 0;
                public static Tensor Zero(Tensor x) => x is null ? null : 0 * x;
                public static Scalar Zero(Scalar x) => 0 * x;
                public static V Zero<V>(V x) where V : struct, Kernels.ILane<V> => V.Of(0);

                public static double Rounded(double x) => (float)x;
                public static float Rounded(float x) => x;
                public static Tensor Rounded(Tensor x) => x is null || x.DType != DType.F64 ? x : x.To(DType.F32).To(DType.F64);
                public static Scalar Rounded(Scalar x) => x + ((float)x.Value - x.Value);
                public static V Rounded<V>(V x) where V : struct, Kernels.ILane<V>
                {
                    var high = V.Of((1 << 29) + 1) * x;
                    return high - (high - x);
                }
            }
        }
        """;
}
